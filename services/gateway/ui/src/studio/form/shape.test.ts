import { describe, expect, it } from "vitest";

import type { Schema } from "../model/declarations";
import { choiceWord, fieldsOf, firstValue, isTextOrNumber, shapeOf, variantsOf, type Context } from "./shape";

const root: Schema = {
  type: "object",
  $defs: {
    None: { type: "object", title: "None", properties: { type: { const: "none", default: "none", type: "string" } } },
    Bearer: {
      type: "object",
      properties: { type: { const: "bearer", type: "string" }, token: { type: "string", title: "Token" } },
      required: ["token"],
    },
    Case: { type: "object", properties: { value: {}, port: { type: "string" } }, required: ["value", "port"] },
  },
  properties: {
    saveTo: { anyOf: [{ type: "string", minLength: 1 }, { type: "null" }], default: null, title: "Save to file" },
    method: { enum: ["GET", "POST"], default: "GET", title: "Method", type: "string" },
    url: { type: "string", title: "URL" },
    auth: {
      oneOf: [{ $ref: "#/$defs/None" }, { $ref: "#/$defs/Bearer" }],
      discriminator: { propertyName: "type", mapping: {} },
    },
    headers: { type: "object", additionalProperties: { type: "string" } },
    cases: { type: "array", items: { $ref: "#/$defs/Case" } },
    rows: { type: "array", items: { type: "object", additionalProperties: true } },
    on: { type: "array", items: { type: "string", minLength: 1 } },
    condition: { type: ["string", "boolean"], format: "expression" },
    query: { type: "string" },
    value: {},
    target: { type: "object", format: "selector", properties: { candidates: { type: "array" } } },
    keys: { type: "array", items: { type: "string", enum: ["Alt", "Shift"] } },
    version: { anyOf: [{ type: "integer" }, { type: "null" }] },
    waitSeconds: { type: "number" },
    amount: { anyOf: [{ type: "string" }, { type: "integer" }, { type: "number" }] },
    count: { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }] },
  },
  required: ["url"],
};
const context: Context = { root, codeFields: ["query", "version"], expressionFields: [] };
const kind = (name: string) => shapeOf(name, root.properties?.[name] ?? {}, false, context, true).kind;

describe("the shape of a field", () => {
  it.each([
    ["saveTo", "text"],
    ["method", "choice"],
    ["auth", "variants"],
    ["headers", "map"],
    ["cases", "list"],
    ["rows", "any"],
    ["on", "list"],
    ["condition", "expression"],
    ["query", "code"],
    ["value", "any"],
    ["amount", "any"],
    ["keys", "choices"],
    ["version", "number"],
    ["count", "number"],
    ["target", "object"],
  ])("of %s is %s", (name, expected) => expect(kind(name)).toBe(expected));

  it("keeps what stands beside a nullable type, and the widget a node asks for", () => {
    const shape = shapeOf("saveTo", root.properties?.["saveTo"] ?? {}, false, context, true);
    expect(shape).toMatchObject({ nullable: true, title: "Save to file", schema: { minLength: 1 } });
    expect(shapeOf("target", root.properties?.["target"] ?? {}, false, context, true).widget).toBe("selector");
  });

  it("tells fields that take texts and numbers alone", () => {
    expect(isTextOrNumber(root.properties?.["amount"] ?? {})).toBe(true);
    expect(isTextOrNumber(root.properties?.["condition"] ?? {})).toBe(false);
    expect(isTextOrNumber(root.properties?.["value"] ?? {})).toBe(false);
  });

  it("puts required fields first and waiting times last", () => {
    const names = fieldsOf(root, context, true).map(({ name }) => name);
    expect([names[0], names.at(-1)]).toEqual(["url", "waitSeconds"]);
  });

  it("writes variants as titles", () => {
    const forms = ["apiKey", "json", "bearer"].map((name) => ({ properties: { type: { const: name } } }));
    const titles = variantsOf({ oneOf: forms, discriminator: { propertyName: "type" } }, root).map(
      ({ title }) => title,
    );
    expect(titles).toEqual(["API key", "JSON", "Bearer"]);
  });

  it("knows fields that never hold an expression, whatever they hold", () => {
    expect(shapeOf("version", root.properties?.["version"] ?? {}, false, context, true).literal).toBe(true);
    expect(shapeOf("amount", root.properties?.["amount"] ?? {}, false, context, true).literal).toBe(false);
  });

  it.each([
    ["screenshotAndTrace", "screenshot and trace"],
    ["left", "left"],
    ["GET", "GET"],
    ["utf-8", "utf-8"],
  ])("writes the choice %s as %s", (choice, word) => expect(choiceWord(choice)).toBe(word));

  it("names the variants of a discriminated field", () => {
    expect(variantsOf(root.properties?.["auth"] ?? {}, root).map((variant) => variant.name)).toEqual([
      "none",
      "bearer",
    ]);
  });

  it("starts entries with what they require", () => {
    expect(firstValue({ $ref: "#/$defs/Case" }, root)).toEqual({ value: "", port: "" });
    expect(firstValue({ type: "integer", minimum: 3 }, root)).toBe(3);
  });
});

import { describe, expect, it } from "vitest";

import type { Schema } from "../model/declarations";
import { candidatesIn, fromText, readSchema, toText } from "./selector";

const root: Schema = {
  type: "object",
  $defs: {
    Candidate: {
      type: "object",
      properties: {
        strategy: { type: "string", enum: ["id", "label", "css", "xpath"], default: "css" },
        value: { type: "string" },
      },
    },
    Anchor: {
      type: "object",
      properties: {
        relation: { type: "string", enum: ["nextSibling", "descendant"] },
        candidates: { type: "array", items: { $ref: "#/$defs/Candidate" } },
      },
    },
    Selector: {
      type: "object",
      properties: {
        candidates: { type: "array", items: { $ref: "#/$defs/Candidate" } },
        anchor: { anyOf: [{ $ref: "#/$defs/Anchor" }, { type: "null" }], default: null },
      },
    },
  },
};
const field: Schema = { anyOf: [{ type: "string" }, { $ref: "#/$defs/Selector" }], "x-widget": "selector" };
const schema = readSchema(field, root);

describe("a field that names an element", () => {
  it("knows from its schema what it may hold", () => {
    expect(schema).toMatchObject({
      takesText: true,
      kindKey: "strategy",
      textKey: "value",
      kinds: ["id", "label", "css", "xpath"],
      relations: ["nextSibling", "descendant"],
    });
    expect(readSchema({ anyOf: [...(field.anyOf ?? []), { type: "null" }] }, root).takesText).toBe(true);
    expect(readSchema({ type: "object", properties: { candidates: { type: "array" } } }, root)).toMatchObject({
      takesText: false,
      kinds: [],
      relations: [],
    });
  });

  it.each([
    ["#orders td", "css", "#orders td"],
    ["a[href=x]", "css", "a[href=x]"],
    ["label=Delivery date", "label", "Delivery date"],
    ["//td[2]", "xpath", "//td[2]"],
  ])("takes %s for one candidate, and writes it as one line again", (text, strategy, value) => {
    const selector = fromText(text, schema);
    expect(candidatesIn(selector, schema)).toEqual([{ strategy, value }]);
    expect(toText(selector, schema)).toBe(text);
  });

  it("has no line for more than one candidate or an anchor", () => {
    const one = { strategy: "id", value: "a" };
    expect(toText({ candidates: [one, one] }, schema)).toBeNull();
    expect(toText({ candidates: [one], anchor: { relation: "descendant", candidates: [one] } }, schema)).toBeNull();
    expect(toText({ candidates: [one], anchor: null }, schema)).toBe("id=a");
    expect(toText(undefined, schema)).toBe("");
  });
});

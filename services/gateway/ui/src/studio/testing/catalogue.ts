/** Declarations for tests, as small as they can be. */

import type { Catalogue, Declaration } from "../model/declarations";

export function declaration(type: string, more: Partial<Declaration> = {}): Declaration {
  return {
    type,
    family: type.split(".")[0] ?? "",
    title: type,
    help: "",
    icon: "",
    ports: ["out"],
    containers: [],
    configSchema: { type: "object", properties: {} },
    example: {},
    capabilities: [],
    repeatable: false,
    codeFields: [],
    expressionFields: [],
    dynamicPorts: null,
    ...more,
  };
}

export const CATALOGUE: Catalogue = new Map(
  [
    declaration("control.start", { title: "Start" }),
    declaration("control.if", { ports: ["true", "false"], expressionFields: ["condition"] }),
    declaration("control.switch", {
      ports: ["default"],
      dynamicPorts: { field: "cases", key: "port" },
      example: { value: 1, cases: [{ value: 1, port: "one" }] },
    }),
    declaration("control.forEach", { containers: ["body"] }),
    declaration("control.try", { containers: ["body", "catch", "finally"] }),
    declaration("control.stop", { ports: [] }),
    declaration("log.message", { title: "Log a message" }),
    declaration("http.request", { title: "HTTP request" }),
  ].map((each) => [each.type, each]),
);

export function declared(type: string): Declaration {
  const found = CATALOGUE.get(type);
  if (!found) throw new Error(`no declaration of ${type}`);
  return found;
}

import { describe, expect, it } from "vitest";

import { declaredVariables, readEdits } from "./forking";

describe("forking", () => {
  it("offers the variables a graph declares, whatever else it holds", () => {
    const graph = { variables: [{ name: "total", description: "So far" }, { name: "rows" }, {}, null] };
    expect(declaredVariables(graph)).toEqual([
      { name: "total", description: "So far" },
      { name: "rows", description: "" },
    ]);
    expect(declaredVariables(undefined)).toEqual([]);
  });

  it("takes typed text as JSON where it is, and leaves what nobody typed", () => {
    expect(readEdits({ a: "3", b: '["x"]', c: "Oslo", d: "  " })).toEqual({ a: 3, b: ["x"], c: "Oslo" });
  });
});

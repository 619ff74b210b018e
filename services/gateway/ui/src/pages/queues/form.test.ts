import { describe, expect, it } from "vitest";

import { readJson, readSchema } from "./form";

describe("what was typed", () => {
  it("is read as JSON, and nothing is nothing", () => {
    expect(readJson('{"a": [1]}')).toEqual({ value: { a: [1] } });
    expect(readJson("  ")).toEqual({ value: null });
    expect(readJson("{a: 1}").problem).toContain("not JSON");
  });

  it("is a schema only when it is an object", () => {
    expect(readSchema("")).toEqual({});
    expect(readSchema('{"type": "object"}')).toEqual({ schema: { type: "object" } });
    expect(readSchema("[1]").problem).toContain("object");
    expect(readSchema("null").problem).toContain("object");
    expect(readSchema("{").problem).toContain("not JSON");
  });
});

import { describe, expect, it } from "vitest";

import { readInput } from "./inputs";

describe("what is typed for an input", () => {
  it.each([
    ["string", "12", { value: "12" }],
    ["number", "1.5", { value: 1.5 }],
    ["integer", "1.5", { error: "A whole number is needed." }],
    ["number", "twelve", { error: "A number is needed." }],
    ["boolean", "true", { value: true }],
    ["array", "[1]", { value: [1] }],
    ["array", "1", { error: 'A list is needed, as in ["a", "b"].' }],
    ["object", "{broken", { error: 'An object is needed, as in {"a": 1}.' }],
    ["any", "12", { value: 12 }],
    ["any", "12 Main Street", { value: "12 Main Street" }],
    ["any", "text", { value: "text" }],
  ])("as %s %j is %j", (type, text, expected) => expect(readInput({ name: "x", type }, text)).toEqual(expected));

  it("may be left out where there is a default", () => {
    expect(readInput({ name: "x", required: true }, "")).toEqual({ error: "The workflow needs this." });
    expect(readInput({ name: "x", required: true, default: 1 }, "")).toEqual({});
  });
});

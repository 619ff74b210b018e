import { expect, it } from "vitest";

import { declaredInputs, readInputs, shownInput } from "./inputs";

const declared = declaredInputs({
  inputs: [
    { name: "day", type: "string", required: true },
    { name: "limit", type: "integer", default: 5 },
    { name: "rows", type: "array" },
    { name: "dry", type: "boolean" },
  ],
});

it("texts take the type that is declared, empty ones are left out", () => {
  const { values, wrong } = readInputs(declared, { day: "7", limit: "3", rows: "[1]", dry: "false", other: "" });
  expect(values).toEqual({ day: "7", limit: 3, rows: [1], dry: false });
  expect(wrong).toEqual({});
});

it("what is filled in at the fire stays text, whatever the type", () => {
  expect(readInputs(declared, { limit: "{{ fire.time }}" }).values).toEqual({ limit: "{{ fire.time }}" });
});

it("what is no value of its type is named", () => {
  expect(readInputs(declared, { limit: "2.5", rows: "[1" }).wrong).toEqual({
    limit: "A whole number, or {{ … }}.",
    rows: "JSON, or {{ … }}.",
  });
});

it("inputs that are not declared keep their value", () => {
  expect(readInputs([], { old: "[1]", word: "yes" }).values).toEqual({ old: [1], word: "yes" });
});

it("a value is shown as it is typed", () => {
  expect(shownInput("a")).toBe("a");
  expect(shownInput(5)).toBe("5");
  expect(JSON.parse(shownInput({ a: 1 }))).toEqual({ a: 1 });
});

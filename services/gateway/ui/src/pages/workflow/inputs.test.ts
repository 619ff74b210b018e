import { expect, it } from "vitest";

import { declaredInputs, readInputs } from "./inputs";

const inputs = declaredInputs({
  inputs: [
    { name: "file", type: "string", required: true },
    { name: "limit", type: "number", default: 5 },
    { name: "rows", type: "array" },
    { name: "dry", type: "boolean" },
  ],
});

it("empty fields are left out, the others take their type", () => {
  expect(readInputs(inputs, { file: "a.csv", limit: "2,5", rows: "[1]", dry: "false" })).toEqual({
    file: "a.csv",
    limit: 2.5,
    rows: [1],
    dry: false,
  });
  expect(readInputs(inputs, { file: "a.csv", limit: "" })).toEqual({ file: "a.csv" });
});

it("what is no value of the type is named", () => {
  expect(() => readInputs(inputs, { limit: "many" })).toThrow("limit has to be a number.");
  expect(() => readInputs(inputs, { rows: "[1" })).toThrow("rows has to be JSON.");
});

it("a graph without inputs has none", () => {
  expect(declaredInputs({})).toEqual([]);
  expect(declaredInputs(undefined)).toEqual([]);
});

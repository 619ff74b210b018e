import { describe, expect, it } from "vitest";

import { readValue, shortValue, writeValue } from "./value";

describe("the value of a variable", () => {
  it.each([1.17, "plain text", "5", "true", "", " ", '{"a"', '"quoted"', null, { a: [1] }])(
    "is read as it was written: %j",
    (value) => expect(readValue(writeValue(value))).toEqual(value),
  );

  it("is not taken for text when it begins like JSON", () => {
    expect(() => readValue('{"a": ')).toThrow(SyntaxError);
    expect(readValue("mail.example.com")).toBe("mail.example.com");
  });

  it("is cut short in a list", () => {
    expect(shortValue("x".repeat(100))).toHaveLength(80);
  });
});

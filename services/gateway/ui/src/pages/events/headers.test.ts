import { expect, it } from "vitest";

import { readHeaders } from "./headers";

it("each line is a header, values may hold colons", () => {
  expect(readHeaders("X-Tenant: acme\n\n X-Url :https://a:1/ ")).toEqual({
    headers: { "X-Tenant": "acme", "X-Url": "https://a:1/" },
  });
});

it("a line that is none is named", () => {
  expect(readHeaders("X-Tenant: acme\nBearer abc").wrong).toBe("Line 2: write Name: value.");
  expect(readHeaders(": x").wrong).toBe("Line 1: write Name: value.");
});

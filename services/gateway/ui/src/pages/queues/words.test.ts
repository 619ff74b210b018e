import { describe, expect, it } from "vitest";

import { isStatus, LOOKS, RETRYABLE, STATUSES, WORDS } from "./words";

describe("the words of items", () => {
  it("cover every status with a word and a shape", () => {
    expect(STATUSES.map((status) => WORDS[status])).not.toContain(undefined);
    expect(new Set(STATUSES.map((status) => LOOKS[status])).size).toBe(STATUSES.length);
  });

  it("know what an address may ask for", () => {
    expect(isStatus("inProgress")).toBe(true);
    expect(isStatus("constructor")).toBe(false);
    expect(isStatus("RUNNING")).toBe(false);
  });

  it("never offer to repeat what was done or is at work", () => {
    expect([...RETRYABLE].sort()).toEqual(["businessFailed", "expired", "failed", "lost"]);
  });
});

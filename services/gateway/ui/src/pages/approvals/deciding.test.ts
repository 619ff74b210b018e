import { expect, it } from "vitest";

import { isEmptyData, whyNot } from "./deciding";

const open = { mayDecide: true, deciders: [], fourEyes: false };

it("who may decide is told nothing", () => {
  expect(whyNot(open, true)).toBe("");
});

it("what keeps a person is said, the most telling first", () => {
  expect(whyNot(open, false)).toBe("You may see this, not decide it.");
  const named = { mayDecide: false, deciders: ["cfo@example.com"], fourEyes: true };
  expect(whyNot(named, true)).toBe("Only cfo@example.com may decide this.");
  expect(whyNot({ mayDecide: false, deciders: [], fourEyes: true }, true)).toContain("somebody else");
});

it("nothing to look at is not shown", () => {
  expect([null, "", {}, [], undefined].every(isEmptyData)).toBe(true);
  expect([0, false, { a: 1 }, "x"].some(isEmptyData)).toBe(false);
});

import { expect, it } from "vitest";

import { answerOf, conditionsOf, type Reason } from "./reasons";

const reason = (runner: string, ...codes: string[]): Reason => ({
  runnerId: runner,
  runner,
  obstacles: codes.map((code) => ({ code, message: `${code} fails.` })),
});

it("names the runner that lacks one thing before those that lack more", () => {
  const reasons = [reason("A", "OFFLINE", "LABELS"), reason("B", "LABELS")];
  expect(answerOf(reasons, null)).toBe("Nearest: B. LABELS fails.");
  expect(answerOf([reason("A", "OFFLINE", "LABELS")], null)).toContain("No runner meets its conditions");
});

it("what keeps every runner from it comes first", () => {
  const hold: Reason = { runnerId: null, runner: null, obstacles: [{ code: "HOLD", message: "Dispatch is held." }] };
  expect(answerOf([hold, reason("A", "LABELS")], null)).toBe("Dispatch is held.");
});

it("has a column for each condition that fails somewhere, and always whether runners are there", () => {
  expect(conditionsOf([reason("A", "LABELS", "ODD_THING")]).map((one) => one.label)).toEqual([
    "Connected",
    "Labels",
    "Odd thing",
  ]);
});

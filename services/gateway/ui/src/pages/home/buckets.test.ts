import { expect, it } from "vitest";

import { factorFor, joinBuckets } from "./buckets";

const bucket = (minute: number, completed: number, failed = 0) => ({
  beginsAt: new Date(minute * 60_000).toISOString(),
  completed,
  failed,
  stopped: 0,
  lost: 0,
});

it("joins from the end, so that the newest bar is whole", () => {
  const bars = joinBuckets([bucket(0, 1), bucket(5, 2, 1), bucket(10, 4), bucket(15, 8, 2)], 3);
  expect(bars).toEqual([
    { at: 0, ended: 1, failed: 0 },
    { at: 300, ended: 17, failed: 3 },
  ]);
});

it("makes at most 48 bars", () => {
  expect(factorFor(12)).toBe(1);
  expect(factorFor(288)).toBe(6);
  expect(288 / factorFor(288)).toBeLessThanOrEqual(48);
});

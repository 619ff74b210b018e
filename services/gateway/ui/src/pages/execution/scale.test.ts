import { expect, it } from "vitest";

import { barOf, spanOf, ticksOf } from "./scale";

const at = (seconds: number) => new Date(seconds * 1000).toISOString();

it("bars stand where the run stood in the whole, and a running one ends now", () => {
  const runs = [
    { startedAt: at(10), completedAt: at(20), durationSeconds: 10 },
    { startedAt: at(20), completedAt: null, durationSeconds: 0 },
  ];
  const span = spanOf({ createdAt: at(0), startedAt: at(9), completedAt: null }, runs, 50_000);
  expect(span).toEqual({ from: 10_000, to: 50_000 });
  expect(barOf(runs[0] as never, span)).toEqual({ left: 0, width: 25, seconds: 10 });
  expect(barOf(runs[1] as never, span)).toEqual({ left: 25, width: 75, seconds: 30 });
});

it("ticks are few and round", () => {
  expect(ticksOf({ from: 0, to: 107_000 }).map((tick) => tick.label)).toEqual([
    "0",
    "20 s",
    "40 s",
    "1 min",
    "1 min 20 s",
    "1 min 40 s",
  ]);
  expect(ticksOf({ from: 0, to: 3 }).length).toBeLessThanOrEqual(7);
});

import { expect, it } from "vitest";

import type { Schema } from "~/api/client";

import { mergeDays, shortReason } from "./previewRows";

function fire(at: string, more: Partial<Schema<"PreviewedFire">> = {}): Schema<"PreviewedFire"> {
  return {
    at,
    local: at,
    dst: null,
    expectedWaitSeconds: null,
    contention: null,
    busySeats: 0,
    otherStarts: 0,
    ...more,
  };
}

it("days that are left out stand between the fires, by time", () => {
  const rows = mergeDays({
    description: "",
    fires: [fire("2026-12-24T06:00:00Z"), fire("2026-12-27T06:00:00Z")],
    dropped: [{ at: "2026-12-25T06:00:00Z", local: "", because: "Christmas Day" }],
    forecast: null,
  });
  expect(rows.map((row) => row.because)).toEqual([null, "Christmas Day", null]);
  expect(rows.map((row) => row.isFirst)).toEqual([true, false, false]);
});

it("only a wait that is one is told", () => {
  const waits = mergeDays({
    description: "",
    fires: [
      fire("2026-01-01T00:00:00Z", { expectedWaitSeconds: 0, contention: "none" }),
      fire("2026-01-02T00:00:00Z", { expectedWaitSeconds: 90, contention: "high", busySeats: 1.6, otherStarts: 2 }),
      fire("2026-01-03T00:00:00Z", { contention: "unknown" }),
    ],
    dropped: [],
    forecast: null,
  }).map((row) => row.wait);
  expect(waits).toEqual([
    null,
    { seconds: 90, help: "About 2 seats busy at that time, and 2 other schedules in the same minute." },
    null,
  ]);
});

it("a reason is shortened to what tells most", () => {
  expect(shortReason('Calendar "Holidays" blocks it: Christmas Day.')).toBe("Christmas Day");
  expect(shortReason('Calendar "Closing days" does not allow 24 December.')).toBe("Closing days");
  expect(shortReason("Something else.")).toBe("Something else.");
});

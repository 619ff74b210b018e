import { expect, it } from "vitest";

import { spellEntry } from "./entries";
import { isWeekend, layOut, spellDay } from "./months";

it("entries read as people say them", () => {
  expect(spellEntry({ type: "easter", offsetDays: -2 })).toBe("2 days before Easter Sunday");
  expect(spellEntry({ type: "easter", offsetDays: 1 })).toBe("1 day after Easter Sunday");
  expect(spellEntry({ type: "yearly", month: 5, day: 1 })).toBe("1 May each year");
  expect(spellEntry({ type: "yearlyWeekday", month: 11, weekday: "thursday", nth: -1 })).toBe(
    "Last Thursday of November",
  );
  expect(spellEntry({ type: "range", from: "2026-12-28", to: "2027-01-02" })).toBe(
    "28 December 2026 to 2 January 2027",
  );
  expect(spellEntry({ type: "weekdays", days: ["saturday", "sunday"] })).toBe("Every Saturday, Sunday");
});

it("a year falls into months that begin on their weekday", () => {
  const days = ["2026-01-31", "2026-02-01", "2026-02-02"].map((date) => ({ date }));
  const months = layOut(days);
  expect(months.map((month) => [month.name, month.before, month.days.length])).toEqual([
    ["January", 5, 1],
    ["February", 6, 2],
  ]);
});

it("days have no zone", () => {
  expect(isWeekend("2026-11-22")).toBe(true);
  expect(isWeekend("2026-11-23")).toBe(false);
  expect(spellDay("2026-12-24")).toBe("Thursday 24 December 2026");
});

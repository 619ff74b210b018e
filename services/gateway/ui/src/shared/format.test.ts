import { describe, expect, it } from "vitest";

import {
  describeInstant,
  endSentence,
  formatAge,
  formatBytes,
  formatDuration,
  formatInstant,
  spellDuration,
} from "./format";

describe("durations", () => {
  it("are clocks in tables", () => {
    expect(formatDuration(0.4)).toBe("0.4 s");
    expect(formatDuration(24)).toBe("0:24");
    expect(formatDuration(107)).toBe("1:47");
    expect(formatDuration(3729)).toBe("1:02:09");
  });

  it("are words in prose", () => {
    expect(spellDuration(0.0004)).toBe("0.4 ms");
    expect(spellDuration(1.24)).toBe("1.2 s");
    expect(spellDuration(59.97)).toBe("1 min");
    expect(spellDuration(107)).toBe("1 min 47 s");
    expect(spellDuration(7500)).toBe("2 h 5 min");
  });
});

describe("instants", () => {
  const now = new Date(2026, 9, 22, 12, 0, 0);

  it("show the time today, the day this year and the year before", () => {
    expect(formatInstant(new Date(2026, 9, 22, 10, 42, 18), now)).toBe("10:42:18");
    expect(formatInstant(new Date(2026, 9, 21, 16, 15), now)).toBe("21 Oct 16:15");
    expect(formatInstant(new Date(2025, 9, 21, 16, 15), now)).toBe("21 Oct 2025 16:15");
  });

  it("say weekday, UTC and age on hover", () => {
    const text = describeInstant(new Date(2026, 9, 22, 11, 48, 0), now);
    expect(text).toContain("Thursday 22 Oct 2026, 11:48:00");
    expect(text).toContain("UTC, 12 min ago");
    expect(describeInstant(new Date(2026, 9, 22, 12, 5, 0), now)).toContain("in 5 min");
  });
});

it("ages and sizes take the unit that fits", () => {
  expect([4_000, 720_000, 7_200_000, 400_000_000].map(formatAge)).toEqual(["4 s", "12 min", "2 h", "4 d"]);
  expect([12, 1_400, 1_400_000, 412_000_000].map(formatBytes)).toEqual(["12 B", "1.4 kB", "1.4 MB", "412 MB"]);
});

it("what somebody else wrote ends as a sentence", () => {
  expect(endSentence("Name or service not known")).toBe("Name or service not known.");
  expect(endSentence("The receiver is away. ")).toBe("The receiver is away. ");
  expect(endSentence("Who?")).toBe("Who?");
});

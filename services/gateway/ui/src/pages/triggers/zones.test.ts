import { expect, it } from "vitest";

import { fromWall, isZone, localParts, offsetAt, spellOffset, toWall } from "./zones";

const BERLIN = "Europe/Berlin";

it("a wall time is an instant of its zone, in summer and winter", () => {
  expect(fromWall("2026-07-01T02:30", BERLIN)).toBe("2026-07-01T00:30:00.000Z");
  expect(fromWall("2026-12-01T02:30", BERLIN)).toBe("2026-12-01T01:30:00.000Z");
  expect(fromWall("2026-12-01T02:30", "UTC")).toBe("2026-12-01T02:30:00.000Z");
});

it("a time that comes twice is the first, one that does not exist comes after the gap", () => {
  expect(fromWall("2026-10-25T02:30", BERLIN)).toBe("2026-10-25T00:30:00.000Z");
  expect(fromWall("2027-03-28T02:30", BERLIN)).toBe("2027-03-28T01:30:00.000Z");
  expect(toWall("2027-03-28T01:30:00.000Z", BERLIN)).toBe("2027-03-28T03:30");
});

it("there and back is the same", () => {
  for (const wall of ["2026-01-31T23:59", "2026-03-29T03:00", "2026-10-25T03:00"])
    for (const zone of [BERLIN, "America/St_Johns", "Pacific/Auckland", "Asia/Kathmandu"])
      expect(toWall(fromWall(wall, zone), zone)).toBe(wall);
});

it("offsets are spelt as people write them", () => {
  expect(spellOffset(offsetAt("Asia/Kathmandu", new Date("2026-01-01T00:00:00Z")))).toBe("UTC+5:45");
  expect(spellOffset(offsetAt("America/St_Johns", new Date("2026-01-01T00:00:00Z")))).toBe("UTC-3:30");
  expect(spellOffset(0)).toBe("UTC");
});

it("an instant reads as in its zone, with the year when it is another", () => {
  const now = new Date("2026-10-01T00:00:00Z");
  expect(localParts("2026-10-25T00:30:00Z", BERLIN, now)).toMatchObject({ day: "Sun 25 Oct", clock: "02:30" });
  expect(localParts("2027-03-28T01:00:00Z", BERLIN, now)).toMatchObject({ day: "Sun 28 Mar 2027", clock: "03:00" });
});

it("what is no zone is none", () => {
  expect(isZone(BERLIN)).toBe(true);
  expect(isZone("Mars/Olympus")).toBe(false);
  expect(isZone("")).toBe(false);
});

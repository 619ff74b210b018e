import { expect, it } from "vitest";

import { changeField, FIELDS, splitCron } from "./cron";

it("an expression falls into its fields", () => {
  expect(splitCron(" 30  2 * * 1-5 ")).toEqual(["30", "2", "*", "*", "1-5"]);
  expect(splitCron("@daily")).toEqual(["0", "0", "*", "*", "*"]);
  expect(splitCron("5 4")).toHaveLength(FIELDS.length);
});

it("nothing of what is too long is lost", () => {
  expect(splitCron("0 0 2 * * 1")).toEqual(["0", "0", "2", "*", "* 1"]);
});

it("one field changes alone, and an emptied one means each", () => {
  expect(changeField("30 2 * * *", 1, "4")).toBe("30 4 * * *");
  expect(changeField("30 2 * * *", 1, "")).toBe("30 * * * *");
});

it("a whole expression pasted into a field replaces all", () => {
  expect(changeField("30 2 * * *", 3, "0 6 * * mon")).toBe("0 6 * * mon");
  expect(changeField("30 2 * * *", 0, "@hourly")).toBe("0 * * * *");
});

import { describe, expect, it } from "vitest";

import { CATALOGUE, declaration } from "../testing/catalogue";
import { groupsOf, matching } from "./groups";

describe("the palette", () => {
  it("groups by family without the start, unknown families behind", () => {
    const catalogue = new Map([...CATALOGUE, ["acme.scan", declaration("acme.scan", { title: "Scan" })]]);
    expect(groupsOf(catalogue).map((group) => group.title)).toEqual(["Control", "HTTP", "Log", "Acme"]);
    expect(
      groupsOf(catalogue)
        .flatMap((group) => group.types)
        .some((type) => type.type === "control.start"),
    ).toBe(false);
  });

  it("finds by title before type and help, with every word", () => {
    expect(matching(CATALOGUE, "http").map((type) => type.type)).toEqual(["http.request"]);
    expect(matching(CATALOGUE, "log mess").map((type) => type.type)).toEqual(["log.message"]);
    expect(matching(CATALOGUE, "log nothing")).toEqual([]);
  });
});

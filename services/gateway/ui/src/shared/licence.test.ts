import { describe, expect, it } from "vitest";

import { licenceWarning, type Licence } from "./licence";

const NOON = Date.parse("2027-03-01T12:00:00Z");

function licence(changed: Partial<Licence>): Licence {
  return {
    id: "L1",
    edition: "enterprise",
    customer: "Acme",
    state: "valid",
    runnerLimit: 25,
    runnersUsed: 1,
    concurrentExecutions: 200,
    features: [],
    notBefore: "2026-03-01T12:00:00Z",
    expiresAt: "2027-06-01T12:00:00Z",
    graceUntil: "2027-06-15T12:00:00Z",
    frozenUntil: "2027-07-15T12:00:00Z",
    keyId: "k",
    installedAt: "2026-03-01T12:00:00Z",
    installedBy: "Ada",
    installationId: "i",
    problem: null,
    ...changed,
  };
}

describe("what is said of a licence", () => {
  it("is nothing while all is well", () => {
    expect(licenceWarning(licence({}), NOON)).toBeNull();
    expect(licenceWarning(licence({ expiresAt: null }), NOON)).toBeNull();
    expect(licenceWarning(licence({ state: "community", expiresAt: null }), NOON)).toBeNull();
  });

  it("counts the days of the last month", () => {
    expect(licenceWarning(licence({ expiresAt: "2027-04-01T12:00:01Z" }), NOON)).toBeNull();
    expect(licenceWarning(licence({ expiresAt: "2027-03-31T12:00:00Z" }), NOON)).toContain("31 Mar 2027, in 30 days");
    expect(licenceWarning(licence({ expiresAt: "2027-03-02T09:00:00Z" }), NOON)).toContain("in 1 day.");
  });

  it("names the day of what comes next once it has ended", () => {
    expect(licenceWarning(licence({ state: "grace" }), NOON)).toContain("15 Jun 2027");
    expect(licenceWarning(licence({ state: "frozen" }), NOON)).toContain("15 Jul 2027");
    expect(licenceWarning(licence({ state: "expired" }), NOON)).toContain("1 Jun 2027");
  });

  it("tells of a problem before anything else", () => {
    expect(licenceWarning(licence({ state: "grace", problem: "The clock is behind." }), NOON)).toBe(
      "The clock is behind.",
    );
  });
});

import { expect, it } from "vitest";

import { nameActor, secondsOf, summarise, tellStory, type Execution } from "./story";

const base = { status: "RUNNING", runnerName: "LAB-1", attempt: 1 } as Execution;

it("a failed execution tells its cause, a stopped one who stopped it", () => {
  const failure = { code: "X", message: "The file is not there.", nodeId: "n1", retryable: false, details: null };
  expect(tellStory({ ...base, status: "FAILED", failure })).toBe("The file is not there.");
  expect(tellStory({ ...base, status: "STOPPED", stoppedBy: { kind: "user", id: "1", name: "Mira" } })).toBe(
    "stopped by Mira",
  );
});

it("a waiting one says for what, an assigned one how soon", () => {
  expect(tellStory({ ...base, status: "QUEUED", waitingFor: "APPROVAL" })).toBe("waits for a person's approval");
  expect(tellStory({ ...base, status: "QUEUED", waitingFor: null, notBefore: null })).toBe("waits for a runner");
  expect(tellStory({ ...base, status: "ASSIGNED" })).toBe("LAB-1 picks it up within 5 s");
});

it("an output is told by its first plain values", () => {
  expect(summarise({ total: 14041.654, rows: [1, 2], nested: {}, note: "x".repeat(60) })).toBe(
    `total 14,041.65, rows 2, note ${"x".repeat(40)}…`,
  );
  expect(summarise(null)).toBe("");
  expect(summarise([1, 2, 3])).toBe("3 items");
});

it("a running one's seconds go on, one that has not begun has none", () => {
  expect(secondsOf({ startedAt: null, completedAt: null }, 0)).toBeNull();
  expect(secondsOf({ startedAt: "1970-01-01T00:00:10Z", completedAt: null }, 25_000)).toBe(15);
});

it("actors are named with what they are", () => {
  expect(nameActor({ kind: "api_key", id: "1", name: "tax-portal" })).toBe("API key tax-portal");
  expect(nameActor(null)).toBe("–");
});

import { expect, it } from "vitest";

import { changeBody, countChanges, createBody, draftOf, newDraft, splitSeconds, timingOf } from "./draft";
import type { Trigger } from "./queries";

const SAVED = {
  id: "t1",
  kind: "schedule",
  workflowId: "w1",
  name: "Nightly",
  inputs: { limit: 5, day: "{{ fire.date }}" },
  priority: 50,
  labels: [],
  dedupeKey: "k",
  timeoutSeconds: 0,
  queueTimeoutSeconds: 0,
  cron: "30 2 * * *",
  intervalSeconds: null,
  at: null,
  timezone: "Europe/Berlin",
  startsAt: "2026-07-01T00:00:00Z",
  endsAt: null,
  jitterSeconds: 0,
  misfire: { policy: "once", graceSeconds: 60, max: 10 },
  overlap: "queue",
  calendars: [],
  auth: null,
  filter: null,
  allowedIps: [],
  rateLimit: null,
} as unknown as Trigger;

it("what was not touched is not sent", () => {
  const saved = draftOf(SAVED);
  expect(changeBody(saved, saved, [])).toEqual({});
  expect(saved.startsAt).toBe("2026-07-01T02:00");
});

it("only what differs is sent, and null empties", () => {
  const saved = draftOf(SAVED);
  const draft = { ...saved, name: "Daily", startsAt: "", dedupeKey: " " };
  expect(changeBody(draft, saved, [])).toEqual({ name: "Daily", startsAt: null, dedupeKey: null });
  expect(countChanges(draft, saved, [])).toBe(3);
});

it("another zone moves the wall times that are kept", () => {
  const saved = draftOf(SAVED);
  expect(changeBody({ ...saved, timezone: "UTC" }, saved, [])).toEqual({
    timezone: "UTC",
    startsAt: "2026-07-01T02:00:00.000Z",
  });
});

it("a new schedule says when in one way alone, and leaves out what is empty", () => {
  const draft = {
    ...newDraft("schedule", "w1"),
    name: " A ",
    mode: "interval" as const,
    every: 2,
    unit: "hours" as const,
  };
  const body = createBody(draft, []);
  expect(body).toMatchObject({ kind: "schedule", name: "A", intervalSeconds: 7200 });
  expect(body).not.toHaveProperty("cron");
  expect(body).not.toHaveProperty("startsAt");
  expect(body).not.toHaveProperty("auth");
});

it("a new webhook sends the options of its authentication alone", () => {
  const draft = newDraft("webhook", "w1");
  expect(createBody(draft, []).auth).toEqual({ type: "bearer" });
  expect(createBody({ ...draft, auth: { ...draft.auth, type: "basic", username: "erp" } }, []).auth).toEqual({
    type: "basic",
    username: "erp",
  });
});

it("seconds are shown in the largest unit without a rest", () => {
  expect(splitSeconds(86_400)).toEqual([1, "days"]);
  expect(splitSeconds(5_400)).toEqual([90, "minutes"]);
  expect(splitSeconds(61)).toEqual([61, "seconds"]);
});

it("a zone that is none is left for the Hub to name", () => {
  expect(timingOf({ ...newDraft("schedule", "w"), timezone: "Mars", startsAt: "2026-01-01T00:00" })).toMatchObject({
    timezone: "Mars",
    startsAt: "2026-01-01T00:00:00.000Z",
  });
});

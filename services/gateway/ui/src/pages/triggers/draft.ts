/** A trigger while somebody edits it: what stands in the form's fields, and the body the API wants. */
import type { Schema } from "~/api/client";
import { zone as ownZone } from "~/shared/format";

import { readInputs, shownInput, type DeclaredInput } from "./inputs";
import type { Kind, Trigger } from "./queries";
import { fromWall, isZone, toWall } from "./zones";

export type Mode = "cron" | "interval" | "at";
export type MisfirePolicy = Schema<"MisfireShape">["policy"];
export type Overlap = NonNullable<Trigger["overlap"]>;
type Create = Schema<"CreateTrigger">;
type Change = Schema<"ChangeTrigger">;

export interface Draft {
  kind: Kind;
  name: string;
  workflowId: string;
  mode: Mode;
  cron: string;
  /** Of `unit`. */
  every: number;
  unit: Unit;
  /** Wall times in the schedule's zone ("2026-10-25T02:30"); empty is none. */
  at: string;
  startsAt: string;
  endsAt: string;
  timezone: string;
  jitterSeconds: number;
  misfire: MisfirePolicy;
  graceSeconds: number;
  misfireMax: number;
  overlap: Overlap;
  calendars: readonly string[];
  inputs: Readonly<Record<string, string>>;
  priority: number;
  labels: readonly string[];
  dedupeKey: string;
  queueTimeoutSeconds: number;
  timeoutSeconds: number;
  auth: AuthDraft;
  filter: string;
  allowedIps: readonly string[];
  /** Deliveries a minute; empty: the Hub's own limit. */
  rateLimit: string;
}

export interface AuthDraft {
  type: string;
  /** Empty: the Hub makes one, or keeps the one there is. */
  secret: string;
  username: string;
  header: string;
  algorithm: string;
  encoding: string;
  prefix: string;
  secretEncoding: string;
}

export const UNITS = { minutes: 60, hours: 3_600, days: 86_400, seconds: 1 } as const;
export type Unit = keyof typeof UNITS;

const NEW_AUTH: AuthDraft = {
  type: "bearer",
  secret: "",
  username: "",
  header: "X-Signature-256",
  algorithm: "sha256",
  encoding: "hex",
  prefix: "",
  secretEncoding: "text",
};

export function newDraft(kind: Kind, workflowId: string, timezone: string = ownZone): Draft {
  return {
    kind,
    name: "",
    workflowId,
    mode: "cron",
    cron: "0 7 * * 1-5",
    every: 15,
    unit: "minutes",
    at: "",
    startsAt: "",
    endsAt: "",
    timezone,
    jitterSeconds: 0,
    misfire: "once",
    graceSeconds: 60,
    misfireMax: 10,
    overlap: "queue",
    calendars: [],
    inputs: {},
    priority: 50,
    labels: [],
    dedupeKey: "",
    queueTimeoutSeconds: 0,
    timeoutSeconds: 0,
    auth: NEW_AUTH,
    filter: "",
    allowedIps: [],
    rateLimit: "",
  };
}

export function draftOf(trigger: Trigger): Draft {
  const zone = trigger.timezone ?? "UTC";
  const wall = (at: string | null) => (at ? toWall(at, zone) : "");
  const { auth } = trigger;
  const [every, unit] = splitSeconds(trigger.intervalSeconds ?? 900);
  const base = newDraft(trigger.kind, trigger.workflowId);
  return {
    ...base,
    name: trigger.name,
    mode: trigger.at ? "at" : trigger.intervalSeconds ? "interval" : "cron",
    cron: trigger.cron ?? base.cron,
    every,
    unit,
    at: wall(trigger.at),
    startsAt: wall(trigger.startsAt),
    endsAt: wall(trigger.endsAt),
    timezone: zone,
    jitterSeconds: trigger.jitterSeconds ?? 0,
    misfire: trigger.misfire?.policy ?? base.misfire,
    graceSeconds: trigger.misfire?.graceSeconds ?? base.graceSeconds,
    misfireMax: trigger.misfire?.max ?? base.misfireMax,
    overlap: trigger.overlap ?? base.overlap,
    calendars: trigger.calendars,
    inputs: Object.fromEntries(Object.entries(trigger.inputs).map(([name, value]) => [name, shownInput(value)])),
    priority: trigger.priority,
    labels: trigger.labels,
    dedupeKey: trigger.dedupeKey ?? "",
    queueTimeoutSeconds: trigger.queueTimeoutSeconds,
    timeoutSeconds: trigger.timeoutSeconds,
    auth: {
      ...NEW_AUTH,
      type: auth?.type ?? "none",
      username: auth?.username ?? "",
      header: auth?.header ?? NEW_AUTH.header,
      algorithm: auth?.algorithm ?? NEW_AUTH.algorithm,
      encoding: auth?.encoding ?? NEW_AUTH.encoding,
      prefix: auth?.prefix ?? "",
      secretEncoding: auth?.secretEncoding ?? NEW_AUTH.secretEncoding,
    },
    filter: trigger.filter ?? "",
    allowedIps: trigger.allowedIps,
    rateLimit: trigger.rateLimit === null ? "" : String(trigger.rateLimit),
  };
}

/** 5400 → 90 minutes: the largest unit without a rest. */
export function splitSeconds(seconds: number): [number, Unit] {
  const units: Unit[] = ["days", "hours", "minutes"];
  const unit = units.find((one) => seconds >= UNITS[one] && seconds % UNITS[one] === 0) ?? "seconds";
  return [seconds / UNITS[unit], unit];
}

/** When it fires, for the preview and for saving. */
export function timingOf(draft: Draft) {
  const zone = isZone(draft.timezone) ? draft.timezone : "UTC";
  const instant = (wall: string) => (wall ? fromWall(wall, zone) : null);
  return {
    timezone: draft.timezone,
    calendars: [...draft.calendars],
    startsAt: instant(draft.startsAt),
    endsAt: instant(draft.endsAt),
    ...(draft.mode === "cron" && { cron: draft.cron.trim() }),
    ...(draft.mode === "interval" && { intervalSeconds: draft.every * UNITS[draft.unit] }),
    ...(draft.mode === "at" && draft.at && { at: fromWall(draft.at, zone) }),
  };
}

function ownMembers(draft: Draft) {
  if (draft.kind === "webhook") {
    return {
      auth: authOf(draft.auth),
      filter: draft.filter.trim() || null,
      allowedIps: draft.allowedIps.length > 0 ? [...draft.allowedIps] : null,
      rateLimit: draft.rateLimit === "" ? null : Number(draft.rateLimit),
    };
  }
  return {
    ...timingOf(draft),
    jitterSeconds: draft.jitterSeconds,
    misfire: {
      policy: draft.misfire,
      graceSeconds: draft.graceSeconds,
      ...(draft.misfire === "all" && { max: draft.misfireMax }),
    },
    overlap: draft.overlap,
  };
}

function authOf(auth: AuthDraft) {
  return {
    type: auth.type,
    ...(auth.secret && { secret: auth.secret }),
    ...(auth.type === "basic" && { username: auth.username }),
    ...(auth.type === "hmac" && {
      header: auth.header,
      algorithm: auth.algorithm,
      encoding: auth.encoding,
      prefix: auth.prefix,
      secretEncoding: auth.secretEncoding,
    }),
  };
}

function sharedMembers(draft: Draft, declared: readonly DeclaredInput[]) {
  return {
    name: draft.name.trim(),
    inputs: readInputs(declared, draft.inputs).values,
    priority: draft.priority,
    labels: [...draft.labels],
    timeoutSeconds: draft.timeoutSeconds,
    queueTimeoutSeconds: draft.queueTimeoutSeconds,
  };
}

export function createBody(draft: Draft, declared: readonly DeclaredInput[]): Create {
  const { queueTimeoutSeconds, ...shared } = sharedMembers(draft, declared);
  return {
    kind: draft.kind,
    workflowId: draft.workflowId,
    ...shared,
    ...(queueTimeoutSeconds > 0 && { queueTimeoutSeconds }),
    dedupeKey: draft.dedupeKey.trim(),
    ...withoutNulls(ownMembers(draft)),
  };
}

/** Only what differs from what is saved; null empties. */
export function changeBody(draft: Draft, saved: Draft, declared: readonly DeclaredInput[]): Change {
  const members = (one: Draft): Change => ({
    ...sharedMembers(one, declared),
    dedupeKey: one.dedupeKey.trim() || null,
    ...ownMembers(one),
  });
  const before = members(saved) as Record<string, unknown>;
  const after = Object.entries(members(draft)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]),
  );
  return Object.fromEntries(after);
}

/** How many members would be changed by saving. */
export function countChanges(draft: Draft, saved: Draft, declared: readonly DeclaredInput[]): number {
  return Object.keys(changeBody(draft, saved, declared)).length;
}

function withoutNulls<Members extends object>(members: Members): Partial<Members> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)) as Partial<Members>;
}

/** Statuses by shape, colour and word. The shape carries the meaning; colour is never alone. */
import type { ReactNode } from "react";

import type { Schema } from "~/api/client";

import classes from "./Status.module.css";

export type ExecutionStatus =
  "QUEUED" | "ASSIGNED" | "RUNNING" | "STOPPING" | "COMPLETED" | "FAILED" | "STOPPED" | "LOST";
export type NodeStatus = Schema<"NodeRunShape">["status"];

/** What a status looks like, whatever it is the status of. */
type Look = ExecutionStatus | "SKIPPED" | "RETRIED" | "WAITING" | "PAUSED" | "REUSED";

const WORDS: Record<Look, string> = {
  QUEUED: "Queued",
  ASSIGNED: "Assigned",
  RUNNING: "Running",
  STOPPING: "Stopping",
  COMPLETED: "Completed",
  FAILED: "Failed",
  STOPPED: "Stopped",
  LOST: "Lost",
  SKIPPED: "Skipped",
  RETRIED: "Retried",
  WAITING: "Waiting",
  PAUSED: "Paused",
  REUSED: "Reused",
};

const CHECK = <path d="m4.3 7.2 1.9 1.9 3.6-4" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />;
const RING = { cx: 7, cy: 7, r: 5.3, fill: "none", stroke: "currentColor" };

const SHAPES: Record<Look, ReactNode> = {
  QUEUED: <circle {...RING} strokeWidth="1.6" strokeDasharray="2.3 1.86" />,
  ASSIGNED: (
    <>
      <circle {...RING} strokeWidth="1.5" />
      <path d="M7 3.4a3.6 3.6 0 0 1 0 7.2z" fill="currentColor" />
    </>
  ),
  RUNNING: (
    <>
      <circle {...RING} strokeWidth="1.5" opacity=".3" />
      <path
        className={classes["spin"]}
        d="M7 1.7a5.3 5.3 0 0 1 5.3 5.3"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
      />
      <path d="M5.8 4.9 9 7 5.8 9.1z" fill="currentColor" />
    </>
  ),
  STOPPING: (
    <>
      <path
        d="M4.7 1.3h4.6l3.4 3.4v4.6l-3.4 3.4H4.7L1.3 9.3V4.7z"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
      <rect x="4.9" y="4.9" width="4.2" height="4.2" rx=".6" fill="currentColor" />
    </>
  ),
  // Quieter than the rest on purpose: what ended well must not compete with what did not.
  COMPLETED: (
    <>
      <circle cx="7" cy="7" r="6.2" fill="var(--st-completed-soft)" />
      <g fill="none" stroke="currentColor">
        {CHECK}
      </g>
    </>
  ),
  FAILED: (
    <>
      <rect x="1" y="1" width="12" height="12" rx="2.6" fill="currentColor" />
      <path className={classes["cut"]} d="m4.7 4.7 4.6 4.6M9.3 4.7 4.7 9.3" strokeWidth="1.6" strokeLinecap="round" />
    </>
  ),
  STOPPED: (
    <>
      <circle cx="7" cy="7" r="6.2" fill="currentColor" />
      <rect className={classes["hole"]} x="4.6" y="4.6" width="4.8" height="4.8" rx=".7" />
    </>
  ),
  LOST: (
    <>
      <path d="M7 .7 13.3 7 7 13.3.7 7z" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" />
      <path
        d="M5.7 5.9a1.3 1.3 0 1 1 1.9 1.2c-.4.2-.6.4-.6.8"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.3"
        strokeLinecap="round"
      />
      <circle cx="7" cy="9.7" r=".85" fill="currentColor" />
    </>
  ),
  SKIPPED: (
    <path
      d="M3 7h8"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeDasharray="1.5 2.6"
    />
  ),
  RETRIED: (
    <path
      d="M11.6 7A4.6 4.6 0 1 1 10 3.5l1.4 1.2M11.6 2.2v2.6H9"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  ),
  WAITING: (
    <>
      <circle {...RING} strokeWidth="1.6" strokeDasharray="2.3 1.86" />
      <path d="M7 4.4V7l1.7 1.1" fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinecap="round" />
    </>
  ),
  PAUSED: (
    <>
      <circle {...RING} strokeWidth="1.5" />
      <path d="M5.7 5v4M8.3 5v4" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
    </>
  ),
  REUSED: (
    <>
      <circle {...RING} strokeWidth="1.3" />
      <g fill="none" stroke="currentColor">
        {CHECK}
      </g>
    </>
  ),
};

/** What each status means, for the legend: of executions and nodes alike, in the order in which things happen. */
export const MEANINGS: readonly [status: ExecutionStatus | NodeStatus, meaning: string][] = [
  ["QUEUED", "waits for a runner"],
  ["ASSIGNED", "a runner has it and is about to begin"],
  ["RUNNING", "is at work"],
  ["waiting", "waits for a person or a time, without a runner"],
  ["paused", "held by a breakpoint"],
  ["STOPPING", "was asked to stop"],
  ["COMPLETED", "ended well"],
  ["FAILED", "ended with a failure"],
  ["STOPPED", "was stopped"],
  ["LOST", "its runner vanished: nobody knows what it did"],
  ["skipped", "was not on the way taken"],
  ["retried", "failed and was tried again"],
  ["reused", "taken over from an earlier execution"],
];

function lookOf(status: string): Look {
  const upper = status.toUpperCase();
  return upper in SHAPES ? (upper as Look) : "QUEUED";
}

export function statusWord(status: string): string {
  return WORDS[lookOf(status)];
}

/** The shape alone, with its word as the title: for dots and nodes, where a word stands nearby or space is short. */
export function StatusIcon({ status, size = 14 }: { status: ExecutionStatus | NodeStatus; size?: number }) {
  const look = lookOf(status);
  return (
    <svg
      className={classes["icon"]}
      data-status={look}
      width={size}
      height={size}
      viewBox="0 0 14 14"
      role="img"
      aria-label={WORDS[look]}
    >
      <title>{WORDS[look]}</title>
      {SHAPES[look]}
    </svg>
  );
}

interface StatusBadgeProps {
  status: ExecutionStatus | NodeStatus;
  /** On its own soft ground, for headings. */
  pill?: boolean;
  /** In place of the status's own word ("Running on LAB-1"). */
  children?: ReactNode;
}

export function StatusBadge({ status, pill = false, children }: StatusBadgeProps) {
  const look = lookOf(status);
  return (
    <span className={classes["badge"]} data-status={look} data-pill={pill || undefined}>
      <svg className={classes["icon"]} width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
        {SHAPES[look]}
      </svg>
      {children ?? WORDS[look]}
    </span>
  );
}

/** How the states of items are called and drawn. */
import type { ExecutionStatus } from "~/shared/Status";

import type { ItemAttempt, ItemStatus } from "./queries";

/** As the API names them, in the order of an item's life. */
export const STATUSES: readonly ItemStatus[] = [
  "new",
  "inProgress",
  "successful",
  "failed",
  "businessFailed",
  "lost",
  "expired",
];

export const WORDS: Record<ItemStatus, string> = {
  new: "New",
  inProgress: "In progress",
  successful: "Done",
  failed: "Failed",
  businessFailed: "Rejected",
  lost: "Lost",
  expired: "Expired",
};

/** The shapes are those of executions: what looks alike means alike. */
export const LOOKS: Record<ItemStatus, ExecutionStatus | "skipped"> = {
  new: "QUEUED",
  inProgress: "RUNNING",
  successful: "COMPLETED",
  failed: "FAILED",
  businessFailed: "STOPPED",
  lost: "LOST",
  expired: "skipped",
};

export const OUTCOMES: Record<NonNullable<ItemAttempt["outcome"]>, string> = {
  successful: "Done",
  systemFailed: "System failure",
  businessFailed: "Business failure",
  lost: "Lost",
};

/** What a person may do about an item that stands so. */
export const RETRYABLE: ReadonlySet<ItemStatus> = new Set(["failed", "businessFailed", "lost", "expired"]);

export function isStatus(text: string): text is ItemStatus {
  return Object.hasOwn(WORDS, text);
}

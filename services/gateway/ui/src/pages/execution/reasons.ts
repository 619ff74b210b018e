/** What keeps an execution from starting, in a sentence and in columns. */
import type { Schema } from "~/api/client";
import { nameWait } from "~/shared/executions/story";

export type Reason = Schema<"PendingReason">;

interface Condition {
  code: string;
  label: string;
}

const LABELS: Record<string, string> = {
  OFFLINE: "Connected",
  SILENT: "Asks for work",
  PAUSED: "Not paused",
  DISABLED: "Enabled",
  DRAINING: "Takes new work",
  OTHER_RUNNER: "The runner asked for",
  LABELS: "Labels",
  CAPABILITY: "Capabilities",
  BUSY: "Free seat",
  RECENTLY_UNDELIVERED: "Delivery",
  NOT_BEFORE: "Time has come",
  CONCURRENCY: "Workflow's limit",
  LICENCE_CONCURRENCY: "Licence's limit",
};
const ALWAYS = ["OFFLINE"];

/** A column for each condition that fails somewhere, in the order of their first mention. */
export function conditionsOf(reasons: readonly Reason[]): Condition[] {
  const codes = new Set(ALWAYS);
  for (const reason of reasons) for (const obstacle of reason.obstacles) codes.add(obstacle.code);
  return [...codes].map((code) => ({ code, label: LABELS[code] ?? spell(code) }));
}

/** The answer first: what has to change for it to start. */
export function answerOf(reasons: readonly Reason[], waitingFor: string | null): string {
  const common = reasons.filter((reason) => reason.runnerId === null).flatMap((reason) => reason.obstacles);
  if (common.length > 0) return common.map((obstacle) => obstacle.message).join(" ");
  if (waitingFor) return `It waits for ${nameWait(waitingFor)}.`;
  if (reasons.length === 0) return "No runner is registered that could take it.";
  if (reasons.some((reason) => reason.obstacles.length === 0)) return "A runner can take it: it starts in a moment.";
  const nearest = reasons.filter((reason) => reason.obstacles.length === 1);
  if (nearest.length === 0) return "No runner meets its conditions; each lacks more than one.";
  const counted = new Map<string, Reason[]>();
  for (const reason of nearest) {
    const code = reason.obstacles[0]?.code ?? "";
    counted.set(code, [...(counted.get(code) ?? []), reason]);
  }
  const [best] = [...counted.values()].sort((left, right) => right.length - left.length);
  const names = (best ?? []).map((reason) => reason.runner).join(", ");
  const message = best?.[0]?.obstacles[0]?.message ?? "";
  return `Nearest: ${names}. ${message}`;
}

function spell(code: string): string {
  const words = code.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

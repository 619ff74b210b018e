/** One line for an execution: what it waits for, what it does, how it ended. The cause before the symptom. */
import type { Schema } from "~/api/client";

export type Execution = Schema<"ExecutionShape">;
export type Actor = Schema<"Actor">;

const LIVE = new Set(["QUEUED", "ASSIGNED", "RUNNING", "STOPPING"]);
const VALUES_SHOWN = 3;
const VALUE_CHARACTERS = 40;

export function isLive(execution: Pick<Execution, "status">): boolean {
  return LIVE.has(execution.status);
}

/** Anything a person could look at in the row of a list. */
export function tellStory(execution: Execution): string {
  switch (execution.status) {
    case "QUEUED":
      return tellWaiting(execution);
    case "ASSIGNED":
      return `${execution.runnerName ?? "a runner"} picks it up within 5 s`;
    case "RUNNING":
      return execution.contactLostAt ? `no word from ${execution.runnerName ?? "the runner"}` : runningWords(execution);
    case "STOPPING":
      return execution.stoppedBy ? `stop asked by ${execution.stoppedBy.name}` : "asked to stop";
    case "COMPLETED":
      return summarise(execution.output) || "ended well";
    case "FAILED":
      return execution.failure?.message ?? "failed";
    case "STOPPED":
      return execution.stoppedBy ? `stopped by ${execution.stoppedBy.name}` : "stopped";
    case "LOST":
      return (
        execution.failure?.message ??
        `${execution.runnerName ?? "The runner"} went silent; a person must say how it ended`
      );
  }
}

function runningWords(execution: Execution): string {
  return execution.attempt > 1 ? `attempt ${execution.attempt}` : "running";
}

function tellWaiting(execution: Execution): string {
  if (execution.waitingFor) return `waits for ${nameWait(execution.waitingFor)}`;
  const notBefore = execution.notBefore ? Date.parse(execution.notBefore) : 0;
  if (notBefore > Date.now()) return "waits for its time";
  return "waits for a runner";
}

const WAITS: Record<string, string> = { DELAY: "its delay to be over", APPROVAL: "a person's approval" };

/** What an execution is suspended for, in words. */
export function nameWait(waitingFor: string): string {
  return WAITS[waitingFor] ?? waitingFor.toLowerCase();
}

/** "total 14,041.65, invoices 7": the first plain values of an output. */
export function summarise(output: unknown): string {
  if (output === null || output === undefined) return "";
  if (typeof output !== "object") return shown(output);
  if (Array.isArray(output)) return `${output.length.toLocaleString("en-GB")} items`;
  return Object.entries(output)
    .map(([name, value]) => {
      if (Array.isArray(value)) return `${name} ${value.length.toLocaleString("en-GB")}`;
      return value !== null && typeof value !== "object" ? `${name} ${shown(value)}` : "";
    })
    .filter(Boolean)
    .slice(0, VALUES_SHOWN)
    .join(", ");
}

function shown(value: unknown): string {
  const text = typeof value === "number" ? value.toLocaleString("en-GB", { maximumFractionDigits: 2 }) : String(value);
  return text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS)}…` : text;
}

/** "Mira Halonen", "API key tax-portal", "Schedule". */
export function nameActor(actor: Actor | null): string {
  if (!actor) return "–";
  if (actor.kind === "api_key") return `API key ${actor.name}`;
  if (actor.kind === "system") return actor.name || "The Hub";
  return actor.name;
}

/** Seconds it ran, or runs by now; null while it has not begun. */
export function secondsOf(execution: Pick<Execution, "startedAt" | "completedAt">, now: number): number | null {
  if (!execution.startedAt) return null;
  const end = execution.completedAt ? Date.parse(execution.completedAt) : now;
  return Math.max(0, (end - Date.parse(execution.startedAt)) / 1000);
}

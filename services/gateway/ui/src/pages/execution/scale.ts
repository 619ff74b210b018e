/** The timeline's scale: from the creation of the execution to its end, or to now. */
import type { Execution, NodeRun } from "./queries";
import { spellDuration } from "~/shared/format";

export interface Span {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
}

type Times = Pick<NodeRun, "startedAt" | "completedAt" | "durationSeconds">;

const STEPS = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400,
];
const TICKS = 6;

/** `now` while it runs. */
export function spanOf(
  execution: Pick<Execution, "startedAt" | "createdAt" | "completedAt">,
  runs: readonly Times[],
  now: number | null,
): Span {
  const starts = runs.flatMap((run) => (run.startedAt ? [Date.parse(run.startedAt)] : []));
  const ends = runs.flatMap((run) => (run.completedAt ? [Date.parse(run.completedAt)] : []));
  const from = Math.min(...(starts.length > 0 ? starts : [Date.parse(execution.startedAt ?? execution.createdAt)]));
  const to = now ?? Math.max(...(ends.length > 0 ? ends : [Date.parse(execution.completedAt ?? execution.createdAt)]));
  return { from, to: Math.max(to, from + 1) };
}

/** Percent of the lane, and the seconds it took or takes. */
export function barOf(run: Times, span: Span): { left: number; width: number; seconds: number } {
  const length = span.to - span.from;
  const start = run.startedAt ? Date.parse(run.startedAt) : span.from;
  const seconds = run.completedAt ? run.durationSeconds : Math.max(0, (span.to - start) / 1000);
  const left = clamp(((start - span.from) / length) * 100);
  return { left, width: Math.min(100 - left, ((seconds * 1000) / length) * 100), seconds };
}

export function ticksOf(span: Span): { percent: number; label: string }[] {
  const seconds = (span.to - span.from) / 1000;
  const step = STEPS.find((one) => seconds / one <= TICKS) ?? 86_400;
  const ticks = [];
  for (let at = 0; at <= seconds; at += step) {
    const percent = (at / seconds) * 100;
    if (percent < 96) ticks.push({ percent, label: at === 0 ? "0" : spellDuration(at).replace(".0 ", " ") });
  }
  return ticks;
}

function clamp(percent: number): number {
  return Math.min(100, Math.max(0, percent));
}

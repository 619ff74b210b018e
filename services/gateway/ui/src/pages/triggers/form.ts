/** What the parts of a trigger's form share. */
import { asProblem, type Problem } from "~/api/problem";

import type { Draft } from "./draft";

export interface FormPart {
  draft: Draft;
  update: (change: Partial<Draft>) => void;
  /** What the Hub says about a member ("/cron"), or about a part of it. */
  errorAt: (pointer: string) => string | undefined;
}

/** The first that names the member wins: what was refused when saving stands before what the preview says. */
export function errorsOf(...thrown: readonly unknown[]): (pointer: string) => string | undefined {
  const problems: Problem[] = thrown.filter(Boolean).map(asProblem);
  return (pointer) =>
    problems
      .flatMap((problem) => problem.fields)
      .find((field) => field.pointer === pointer || field.pointer.startsWith(`${pointer}/`))?.detail;
}

/** Members whose problems have a field of their own to stand at. */
const SHOWN_AT_FIELDS = [
  "/name",
  "/workflowId",
  "/cron",
  "/intervalSeconds",
  "/at",
  "/timezone",
  "/startsAt",
  "/endsAt",
  "/calendars",
  "/inputs",
  "/misfire",
  "/jitterSeconds",
  "/auth",
  "/filter",
  "/allowedIps",
  "/rateLimit",
  "/labels",
  "/dedupeKey",
];

/** Whether every field the refusal names shows its own problem, so that nothing is left to say beside them. */
export function isShownAtFields(error: unknown): boolean {
  const { fields } = asProblem(error);
  return (
    fields.length > 0 &&
    fields.every((field) =>
      SHOWN_AT_FIELDS.some((known) => field.pointer === known || field.pointer.startsWith(`${known}/`)),
    )
  );
}

/** What validation says, brought to where a person can act on it: nodes and their fields. */

import type { Graph } from "./graph";
import { placesOf } from "./graph";

export interface ServerProblem {
  nodeId: string | null;
  pointer: string;
  message: string;
  severity: "error" | "warning";
}

export interface Problem extends ServerProblem {
  /** The pointer inside the node (`/config/url`); the whole pointer for problems of the workflow itself. */
  field: string;
}

/** Errors first, each with its place inside its node as the validated graph had it. */
export function readProblems(validated: Graph, problems: readonly ServerProblem[]): Problem[] {
  const places = placesOf(validated);
  const read = problems.map((problem) => {
    const pointer = problem.nodeId === null ? undefined : places.get(problem.nodeId)?.pointer;
    const inside = pointer !== undefined && problem.pointer.startsWith(pointer);
    return {
      ...problem,
      field: missingField(problem, inside ? problem.pointer.slice(pointer.length) : problem.pointer),
    };
  });
  return read.sort((a, b) => Number(a.severity === "warning") - Number(b.severity === "warning"));
}

/** What is missing is reported at the object that lacks it; the form shows it at the empty field. */
function missingField(problem: ServerProblem, field: string): string {
  const name = /^'([^']+)' is missing\.$/.exec(problem.message)?.[1];
  return name === undefined ? field : pointerTo(field, name);
}

/** The problems of one node by the field they belong to. */
export function problemsOf(problems: readonly Problem[], nodeId: string): Problem[] {
  return problems.filter((problem) => problem.nodeId === nodeId);
}

/** Those of a field itself and of what stands inside it. */
export function problemsAt(problems: readonly Problem[], field: string): Problem[] {
  return problems.filter((problem) => problem.field === field || problem.field.startsWith(`${field}/`));
}

/** The worst severity of each node. */
export function severities(problems: readonly Problem[]): Map<string, "error" | "warning"> {
  const worst = new Map<string, "error" | "warning">();
  for (const problem of problems) {
    if (problem.nodeId !== null && worst.get(problem.nodeId) !== "error") worst.set(problem.nodeId, problem.severity);
  }
  return worst;
}

/** Joins the parts of a JSON pointer. */
export function pointerTo(base: string, key: string | number): string {
  return `${base}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

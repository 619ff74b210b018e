/** What an expression is tried on: the samples it may speak of, by the names it has for them. */
import type { Scope } from "../model/scope";
import type { Samples } from "./completion";

export interface Context extends Record<string, unknown> {
  inputs: Record<string, unknown>;
  vars: Record<string, unknown>;
  nodes: Record<string, { output: unknown }>;
  loops: Record<string, { item: unknown; index: number }>;
  execution: Record<string, unknown>;
  item?: unknown;
  index?: number;
}

/** Outputs may be large: those of nodes that the text does not name stay here. */
export function contextOf(text: string, scope: Scope, samples: Samples): Context {
  const named = new Set(text.match(/\w+/g));
  const declared = scope.inputs.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value]]));
  const innermost = samples.loops[0];
  return {
    inputs: { ...(Object.fromEntries(declared) as Record<string, unknown>), ...samples.inputs },
    vars: Object.fromEntries(scope.variables.map(({ name, initial }) => [name, initial ?? null])),
    nodes: Object.fromEntries(
      [...samples.outputs].filter(([id]) => named.has(id)).map(([id, output]) => [id, { output }]),
    ),
    loops: Object.fromEntries(samples.loops.map(({ loop, item, index }) => [loop, { item, index }])),
    execution: samples.execution,
    ...(innermost ? { item: innermost.item, index: innermost.index } : {}),
  };
}

/** Whether there is something to evaluate yet. */
export function hasExpression(text: string, bare: boolean): boolean {
  if (bare && !text.includes("{{")) return text.trim() !== "";
  return /\{\{[\s\S]*?\S[\s\S]*?\}\}/.test(text) && !/^\s*\{\{\s*\}\}\s*$/.test(text);
}

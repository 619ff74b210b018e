/** Brings together what is known about each node: its run, its problems, its pin. */
import { useEffect } from "react";

import { setFacts, type FactsStore, type NodeFacts } from "../canvas/facts";
import type { Graph } from "../model/graph";
import { severities, type Problem } from "../model/problems";
import type { Run } from "../run/useRun";

export function useCanvasFacts(
  store: FactsStore,
  graph: Graph,
  run: Run,
  problems: readonly Problem[],
  breakpoints: ReadonlySet<string>,
): void {
  const { view } = run;
  const { pins } = graph;
  useEffect(() => {
    const facts = new Map<string, NodeFacts>(view.facts());
    for (const [id, severity] of severities(problems)) facts.set(id, { ...facts.get(id), severity });
    for (const id of Object.keys(pins ?? {})) facts.set(id, { ...facts.get(id), pinned: true });
    for (const id of breakpoints) facts.set(id, { ...facts.get(id), breakpoint: true });
    setFacts(store, facts, view.edgeFacts());
  }, [store, view, problems, pins, breakpoints]);
}

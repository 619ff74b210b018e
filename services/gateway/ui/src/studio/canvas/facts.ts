/**
 * What is known about nodes and edges beside the graph: how they ran, what is wrong with them, what changed.
 *
 * Kept apart from the graph so that a run that lights up one node draws that node alone.
 */
import { createContext, useContext } from "react";
import { createStore, useStore, type StoreApi } from "zustand";

import type { NodeStatus } from "~/shared/Status";
import type { Mark } from "../model/diff";

export interface NodeFacts {
  status?: NodeStatus | undefined;
  /** What it did, in place of its type: "7 rows". */
  did?: string | undefined;
  seconds?: number | undefined;
  startedAt?: string | null | undefined;
  /** Turns of a loop by how they ended, in order. */
  turns?: readonly NodeStatus[] | undefined;
  turn?: number | undefined;
  severity?: "error" | "warning" | undefined;
  breakpoint?: boolean | undefined;
  pinned?: boolean | undefined;
  mark?: Mark | undefined;
}

export type EdgeFact = "taken" | "now" | "dead";

export interface Facts {
  nodes: ReadonlyMap<string, NodeFacts>;
  edges: ReadonlyMap<string, EdgeFact>;
  /** The lane something would fall into now, as `container/lane`. */
  target: string | null;
}

export type FactsStore = StoreApi<Facts>;

export const NO_FACTS: NodeFacts = {};

export function createFacts(): FactsStore {
  return createStore<Facts>(() => ({ nodes: new Map(), edges: new Map(), target: null }));
}

/** Replaces the facts; nodes about which nothing new is known keep theirs. */
export function setFacts(store: FactsStore, nodes: Map<string, NodeFacts>, edges: Map<string, EdgeFact>): void {
  const before = store.getState().nodes;
  for (const [id, facts] of nodes) {
    const known = before.get(id);
    if (known && sameFacts(known, facts)) nodes.set(id, known);
  }
  store.setState({ nodes, edges });
}

function sameFacts(a: NodeFacts, b: NodeFacts): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof NodeFacts>;
  return [...keys].every((key) => (key === "turns" ? a.turns?.join() === b.turns?.join() : a[key] === b[key]));
}

export const FactsContext = createContext<FactsStore | null>(null);

function useFactsStore(): FactsStore {
  const store = useContext(FactsContext);
  if (!store) throw new Error("this component stands outside a canvas");
  return store;
}

export function useNodeFacts(id: string): NodeFacts {
  return useStore(useFactsStore(), (facts) => facts.nodes.get(id) ?? NO_FACTS);
}

export function useEdgeFact(id: string): EdgeFact | undefined {
  return useStore(useFactsStore(), (facts) => facts.edges.get(id));
}

export function useIsTarget(container: string, lane: string): boolean {
  return useStore(useFactsStore(), (facts) => facts.target === `${container}/${lane}`);
}

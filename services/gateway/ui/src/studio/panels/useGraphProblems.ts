/** What the Hub's validation says of the graph as it is drawn now; asked a moment after the last change. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDebouncedValue } from "@mantine/hooks";
import { createContext, useContext } from "react";

import { asProblem } from "~/api/problem";
import { validate } from "../data/queries";
import type { Graph } from "../model/graph";
import type { Problem } from "../model/problems";

export interface GraphProblems {
  problems: readonly Problem[];
  /** The graph the problems are those of is the one that is drawn. */
  current: boolean;
  error: unknown;
}

const NONE: readonly Problem[] = [];
const PAUSE_MILLISECONDS = 400;

export const ProblemsContext = createContext<GraphProblems>({ problems: NONE, current: false, error: null });

export function useGraphProblems(): GraphProblems {
  return useContext(ProblemsContext);
}

let graphs = 0;
const numbers = new WeakMap<Graph, number>();

/** A key for a graph that does not write it out. */
function numberOf(graph: Graph): number {
  const known = numbers.get(graph) ?? (graphs += 1);
  numbers.set(graph, known);
  return known;
}

export function useValidation(workflowId: string, graph: Graph): GraphProblems {
  const [settled] = useDebouncedValue(graph, PAUSE_MILLISECONDS);
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: ["studio", "problems", workflowId, numberOf(settled)],
    queryFn: ({ signal }) => validate(workflowId, settled, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 30_000,
    retry: (_failures, thrown) => asProblem(thrown).passing,
    retryDelay: 2_000,
  });
  return { problems: data ?? NONE, current: settled === graph && !isPlaceholderData && data !== undefined, error };
}

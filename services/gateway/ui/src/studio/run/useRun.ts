/** The execution that lies over the canvas: chosen, followed live, its turns paged. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";

import type { Change } from "~/live/connection";
import { usePolling, useTopic } from "~/live/hooks";
import { readAnew } from "~/live/readAnew";
import type { Graph } from "../model/graph";
import { isObject } from "../model/graph";
import { executionQuery, nodeRunsQuery, type Execution, type NodeRun } from "../data/queries";
import { RunView } from "./states";

export interface Run {
  executionId: string | null;
  execution: Execution | undefined;
  runs: readonly NodeRun[];
  view: RunView<NodeRun>;
  over: boolean;
  watch: (executionId: string | null) => void;
  showTurn: (loop: string, turn: number) => void;
}

const OVER = new Set(["COMPLETED", "FAILED", "STOPPED", "LOST"]);
const NONE: NodeRun[] = [];
/** While nodes fly by, their outputs are read this often. */
const READ_MILLISECONDS = 700;

export const RunContext = createContext<Run | null>(null);

export function useRun(): Run {
  const run = useContext(RunContext);
  if (!run) throw new Error("this component stands outside a run");
  return run;
}

export function isOver(execution: Execution | undefined): boolean {
  return execution !== undefined && OVER.has(execution.status);
}

/** Follows an execution over a graph. */
export function useWatchedRun(graph: Graph, executionId: string | null, watch: (id: string | null) => void): Run {
  const client = useQueryClient();
  const polling = usePolling();
  const [chosen, setChosen] = useState<{ of: string | null; turns: ReadonlyMap<string, number> }>({
    of: null,
    turns: new Map(),
  });
  const turns = useMemo(
    () => (chosen.of === executionId ? chosen.turns : new Map<string, number>()),
    [chosen, executionId],
  );
  const execution = useQuery({
    ...executionQuery(executionId ?? ""),
    enabled: executionId !== null,
    refetchInterval: (query) => (isOver(query.state.data) ? false : polling),
  });
  const over = isOver(execution.data);
  const runs = useQuery({
    ...nodeRunsQuery(executionId ?? ""),
    enabled: executionId !== null,
    refetchInterval: over ? false : polling,
  });
  const reread = useThrottled(
    useCallback(() => readAnew(client, { queryKey: nodeRunsQuery(executionId ?? "").queryKey }), [client, executionId]),
  );
  useTopic(executionId === null ? null : `execution:${executionId}`, (change) => {
    if (executionId === null) return;
    if (change.kind === "execution.changed") readAnew(client, { queryKey: executionQuery(executionId).queryKey });
    if (change.kind === "node.changed") {
      client.setQueryData(nodeRunsQuery(executionId).queryKey, (before) => merged(before ?? [], change));
    }
    if (change.kind === "logs.appended") readAnew(client, { queryKey: ["studio", "log", executionId] });
    reread();
  });
  useEffect(() => {
    if (over && executionId !== null) readAnew(client, { queryKey: nodeRunsQuery(executionId).queryKey });
  }, [over, executionId, client]);

  const known = (executionId === null ? undefined : runs.data) ?? NONE;
  const view = useMemo(() => new RunView(graph, known, turns), [graph, known, turns]);
  const showTurn = useCallback(
    (loop: string, turn: number) =>
      setChosen((before) => ({
        of: executionId,
        turns: new Map([...(before.of === executionId ? before.turns : []), [loop, turn]]),
      })),
    [executionId],
  );
  const data = executionId === null ? undefined : execution.data;
  return useMemo(
    () => ({ executionId, execution: data, runs: known, view, over, watch, showTurn }),
    [executionId, data, known, view, over, watch, showTurn],
  );
}

/** Calls a moment after the first wish; wishes that come in between are one. */
function useThrottled(act: () => void): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [act],
  );
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      act();
    }, READ_MILLISECONDS);
  }, [act]);
}

/** States that came by the stream, before their outputs are read. */
function merged(before: NodeRun[], change: Change): NodeRun[] {
  const nodes = isObject(change.payload) ? change.payload["nodes"] : undefined;
  if (!Array.isArray(nodes)) return before;
  const bySeq = new Map(before.map((run) => [run.seq, run]));
  for (const node of nodes as NodeRun[]) {
    const known = bySeq.get(node.seq);
    bySeq.set(node.seq, known ? { ...known, ...node } : { ...UNREAD, ...node });
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

const UNREAD = { attempt: 0, tryNumber: 1, input: null, output: null, failure: null };

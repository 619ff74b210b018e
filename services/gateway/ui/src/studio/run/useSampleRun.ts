/** The run whose values stand for samples: the one over the canvas, else the workflow's latest. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { executionsOfQuery, sampleRunsQuery, type Execution, type NodeRun } from "../data/queries";
import { useEditor, useStudio } from "../state/context";
import { RunView } from "./states";
import { useRun } from "./useRun";

export interface SampleRun {
  view: RunView<NodeRun>;
  execution: Execution | undefined;
}

/** While somebody draws, another's run may end; its values are no more right than those of the one before. */
const FRESH_MILLISECONDS = 60_000;

export function useSampleRun(): SampleRun {
  const run = useRun();
  const { workflowId } = useStudio();
  const graph = useEditor((state) => state.graph);
  const shown = run.executionId !== null;
  const executions = useQuery({
    ...executionsOfQuery(workflowId),
    enabled: !shown,
    staleTime: FRESH_MILLISECONDS,
  });
  const latest = executions.data?.find((execution) => execution.startedAt !== null);
  const runs = useQuery({
    ...sampleRunsQuery(latest?.id ?? ""),
    enabled: !shown && latest !== undefined,
    staleTime: FRESH_MILLISECONDS,
  });
  return useMemo(
    () =>
      shown
        ? { view: run.view, execution: run.execution }
        : { view: new RunView(graph, runs.data ?? [], new Map()), execution: latest },
    [shown, run.view, run.execution, graph, runs.data, latest],
  );
}

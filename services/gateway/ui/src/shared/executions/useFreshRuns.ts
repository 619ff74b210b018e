/** Keeps the last runs of many workflows fresh: only those of a workflow in which something happened are asked for. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { useTopic } from "~/live/hooks";
import { readAnew } from "~/live/readAnew";

import { EXECUTIONS, type ExecutionFilters } from "./queries";

const GATHER_MILLISECONDS = 1_000;

export function useFreshRuns(): void {
  const client = useQueryClient();
  const changed = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  useEffect(() => () => clearTimeout(timer.current), []);

  function refresh() {
    timer.current = undefined;
    const workflows = changed.current;
    changed.current = new Set();
    readAnew(client, {
      queryKey: EXECUTIONS,
      predicate: ({ queryKey }) => workflows.has((queryKey[1] as ExecutionFilters | undefined)?.workflowId ?? ""),
    });
  }

  useTopic("executions", ({ payload }) => {
    const { workflowId } = payload as { workflowId?: string };
    if (!workflowId) return;
    changed.current.add(workflowId);
    timer.current ??= setTimeout(refresh, GATHER_MILLISECONDS);
  });
}

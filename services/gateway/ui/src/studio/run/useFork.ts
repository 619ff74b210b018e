/** Runs an older execution again from a node of it, with the draft as it is drawn now. */
import { useContext } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { toastProblem } from "~/shared/Feedback";
import { executionsOfQuery } from "../data/queries";
import { SessionContext } from "../saving/session";
import { useStudio } from "../state/context";
import { useRun } from "./useRun";

/** What was decided before the node is reused; what is drawn before it must be unchanged. */
export function useFork(): (nodeId: string) => Promise<void> {
  const { workflowId } = useStudio();
  const session = useContext(SessionContext);
  const client = useQueryClient();
  const run = useRun();
  return async (nodeId) => {
    if (run.executionId === null) return;
    try {
      await session?.saver.flush();
      const { execution } = await unwrap(
        api.POST("/api/executions/{executionId}/retry", {
          params: { path: { executionId: run.executionId } },
          body: { fromNodeId: nodeId, vars: {}, version: session?.saver.getBase().version ?? null },
          headers: { "Idempotency-Key": newIdempotencyKey() },
        }),
      );
      run.watch(execution.id);
      void client.invalidateQueries({ queryKey: executionsOfQuery(workflowId).queryKey });
    } catch (error) {
      toastProblem("It cannot go on from this node.", error);
    }
  };
}

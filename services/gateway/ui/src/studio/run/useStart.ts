/** Starts a test run of the draft: saves first, so that what runs is what is drawn. */
import { useContext, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { toast, toastProblem } from "~/shared/Feedback";
import { executionsOfQuery, type Runner } from "../data/queries";
import { SessionContext } from "../saving/session";
import { useStudio } from "../state/context";
import { useRun } from "./useRun";

export function useStart(workflowId: string) {
  const { editor } = useStudio();
  const session = useContext(SessionContext);
  const client = useQueryClient();
  const run = useRun();
  const [pending, setPending] = useState(false);
  const start = async (runner: Runner, inputs: Record<string, unknown>, runTo: string | null = null) => {
    setPending(true);
    try {
      if (session && !(await session.saver.flush())) {
        toast("The draft could not be saved, so it was not run.");
        return;
      }
      const { execution } = await unwrap(
        api.POST("/api/executions", {
          body: {
            workflowId,
            inputs,
            mode: "interactive",
            runnerId: runner.id,
            draft: true,
            priority: 50,
            dedupeKey: null,
            notBefore: null,
            timeoutSeconds: null,
            queueTimeoutSeconds: null,
            debug: debugOptions([...editor.getState().breakpoints], runTo),
          },
          headers: { "Idempotency-Key": newIdempotencyKey() },
        }),
      );
      run.watch(execution.id);
      void client.invalidateQueries({ queryKey: executionsOfQuery(workflowId).queryKey });
    } catch (error) {
      editor.getState().show({ bottomTab: "problems" });
      toastProblem(`${runner.name} did not start it.`, error);
    } finally {
      setPending(false);
    }
  };
  return { start, pending };
}

function debugOptions(breakpoints: string[], runTo: string | null) {
  return breakpoints.length === 0 && runTo === null ? null : { breakpoints, runTo, paused: false };
}

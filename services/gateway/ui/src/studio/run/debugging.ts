/** A word to a running execution, and what the canvas knows of where it is held. */

import { api, unwrap } from "~/api/client";
import { toastProblem } from "~/shared/Feedback";
import type { NodeRun } from "../data/queries";

export type Word =
  | { action: "continue" | "step" | "pause" }
  | { action: "runTo"; nodeId: string }
  | { action: "breakpoints"; breakpoints: string[] };

export async function tellRun(executionId: string, word: Word): Promise<void> {
  try {
    await unwrap(
      api.POST("/api/executions/{executionId}/debug", {
        params: { path: { executionId } },
        body: { nodeId: "", breakpoints: [], ...word },
      }),
    );
  } catch (error) {
    toastProblem("The runner did not hear that.", error);
  }
}

/** The nodes that are held now, in the order they will go on. */
export function heldNodes(runs: readonly NodeRun[]): NodeRun[] {
  return runs.filter((run) => run.status === "paused");
}

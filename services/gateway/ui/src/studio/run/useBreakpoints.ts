/** A person's breakpoints of one workflow: kept in the browser, told to the run that is on its way. */
import { useEffect, useRef } from "react";
import { useStore } from "zustand";

import { placesOf } from "../model/graph";
import type { EditorStore } from "../state/store";
import { tellRun } from "./debugging";
import type { Run } from "./useRun";

export function useBreakpoints(editor: EditorStore, workflowId: string, run: Run): ReadonlySet<string> {
  const breakpoints = useStore(editor, (state) => state.breakpoints);
  const key = `exekra.studio.breakpoints.${workflowId}`;
  useEffect(() => {
    const there = placesOf(editor.getState().graph);
    const kept = readList(localStorage.getItem(key)).filter((id) => there.has(id));
    if (kept.length > 0) editor.getState().show({ breakpoints: new Set(kept) });
  }, [editor, key]);

  const { executionId, over } = run;
  const told = useRef(breakpoints);
  useEffect(() => {
    if (told.current === breakpoints) return;
    told.current = breakpoints;
    if (breakpoints.size > 0) localStorage.setItem(key, JSON.stringify([...breakpoints]));
    else localStorage.removeItem(key);
    if (executionId !== null && !over && run.execution?.mode === "interactive") {
      void tellRun(executionId, { action: "breakpoints", breakpoints: [...breakpoints] });
    }
  }, [breakpoints, key, executionId, over, run.execution?.mode]);
  return breakpoints;
}

function readList(text: string | null): string[] {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(list) ? list.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}

/** The chosen node stands in the address: a link leads to it, and Back finds it again. */
import { useStore } from "@xyflow/react";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect } from "react";

import { useReveal } from "../canvas/useReveal";
import { placesOf } from "../model/graph";
import { useEditor, useStudio } from "../state/context";

const route = getRouteApi("/shell/workflows/$workflowId/studio");

export function useNodeAddress(): void {
  const { editor } = useStudio();
  const reveal = useReveal();
  const navigate = route.useNavigate();
  const wanted = route.useSearch({ select: (search) => search["node"] });
  const drawn = useStore((state) => state.width > 0);
  const chosen = useEditor((state) => (state.chosen.size === 1 ? [...state.chosen][0] : undefined));
  useEffect(() => {
    if (!drawn || wanted === undefined) return;
    const { graph, chosen: now } = editor.getState();
    if (!now.has(wanted) && placesOf(graph).has(wanted)) reveal(wanted);
  }, [drawn, wanted, editor, reveal]);
  useEffect(() => {
    // Before the canvas is there, what the address asks for is not chosen yet.
    if (!drawn) return;
    // As it is now: what the address asks for may have been chosen after this was drawn.
    const now = [...editor.getState().chosen];
    const one = now.length === 1 ? now[0] : undefined;
    void navigate({ search: (before) => (before["node"] === one ? before : { ...before, node: one }), replace: true });
  }, [drawn, chosen, editor, navigate]);
}

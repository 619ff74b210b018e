/** The keys of the canvas while it has the focus, and its clipboard. Tab and the arrows act only there. */
import { useReactFlow } from "@xyflow/react";
import { useEffect, useMemo, type ClipboardEvent, type KeyboardEvent, type RefObject } from "react";

import { toast } from "~/shared/Feedback";
import { useCentre } from "../canvas/useCentre";
import { useReveal } from "../canvas/useReveal";
import { boxesOf, GRID } from "../model/geometry";
import type { Point } from "../model/graph";
import { chooseAll, copyText, neighbour, pasteText, placeForNext, removeChosen, shiftChosen } from "../state/actions";
import { useStudio } from "../state/context";

const DIRECTIONS: Record<string, Point> = {
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
};
const FAR = 10;
const OTHERS = "input, textarea, button, a, select, [contenteditable=true], .nokey";

interface CanvasKeys {
  onKeyDown: (event: KeyboardEvent<HTMLDivElement>) => void;
  onCopy: (event: ClipboardEvent) => void;
  onCut: (event: ClipboardEvent) => void;
}

export function useCanvasKeys(area: RefObject<HTMLDivElement | null>): CanvasKeys {
  const studio = useStudio();
  const centre = useCentre();
  const reveal = useReveal();
  const flow = useReactFlow();
  const { editor } = studio;

  useEffect(() => {
    // Browsers send `paste` to the body when the canvas, which is no text field, has the focus.
    const paste = (event: globalThis.ClipboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest("input, textarea, [contenteditable=true]") || editor.getState().readOnly) return;
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (pasteText(studio, text, centre())) event.preventDefault();
      else if (text !== "" && area.current?.contains(document.activeElement))
        toast("What you copied is no part of a workflow.");
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, [studio, editor, centre, area]);

  return useMemo(() => {
    const walk = (direction: Point) => {
      const { graph, chosen } = editor.getState();
      const [from] = [...chosen].reverse();
      const next = from === undefined ? graph.nodes[0]?.id : neighbour(boxesOf(graph), from, direction);
      if (next) reveal(next);
    };
    const acts: Record<string, (event: KeyboardEvent) => void> = {
      Tab: () => editor.getState().show({ adding: placeForNext(studio, centre()) }),
      Enter: () => {
        editor.getState().show({ settingsTab: "settings" });
        document.querySelector<HTMLElement>("[aria-label='Name of the node']")?.focus();
      },
      Escape: () => {
        if (editor.getState().chosen.size + editor.getState().chosenEdges.size > 0) editor.getState().choose([]);
        else document.querySelector<HTMLElement>("[data-testid=run]")?.focus();
      },
      Delete: () => removeChosen(studio),
      Backspace: () => removeChosen(studio),
    };
    return {
      onKeyDown: (event) => {
        if (event.target instanceof Element && event.target.closest(OTHERS) !== null) return;
        if ((event.ctrlKey || event.metaKey) && event.key === "a") {
          event.preventDefault();
          chooseAll(studio);
        }
        const direction = DIRECTIONS[event.key];
        const act = event.shiftKey && event.key === "Tab" ? undefined : acts[event.key];
        if (!direction && !act) return;
        if (event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        event.stopPropagation();
        if (act && (event.key === "Enter" || event.key === "Escape" || !editor.getState().readOnly)) act(event);
        if (!direction) return;
        const { chosen, readOnly } = editor.getState();
        if (event.altKey || readOnly || chosen.size === 0) {
          if (chosen.size === 0 && !event.altKey) {
            const { x, y, zoom } = flow.getViewport();
            void flow.setViewport({ x: x - direction.x * 60, y: y - direction.y * 60, zoom });
          } else walk(direction);
          return;
        }
        const step = GRID * (event.shiftKey ? FAR : 1);
        shiftChosen(studio, { x: direction.x * step, y: direction.y * step });
      },
      onCopy: (event) => {
        const text = copyText(studio);
        if (text === null || window.getSelection()?.toString()) return;
        event.preventDefault();
        event.clipboardData.setData("text/plain", text);
      },
      onCut: (event) => {
        const text = copyText(studio);
        if (text === null || editor.getState().readOnly) return;
        event.preventDefault();
        event.clipboardData.setData("text/plain", text);
        removeChosen(studio);
      },
    };
  }, [studio, editor, centre, reveal, flow]);
}

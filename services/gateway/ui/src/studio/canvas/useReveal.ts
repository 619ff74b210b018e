/** Chooses a node and brings it into view, without moving the canvas when it is in view already. */
import { useReactFlow, useStoreApi } from "@xyflow/react";
import { useCallback } from "react";

import { boxesOf, type Rect } from "../model/geometry";
import { useStudio } from "../state/context";

const EASE_MILLISECONDS = 200;

export function useReveal(): (id: string) => void {
  const { editor } = useStudio();
  const flow = useReactFlow();
  const canvas = useStoreApi();
  return useCallback(
    (id) => {
      const { graph, choose } = editor.getState();
      const note = graph.notes?.find((each) => each.id === id);
      const box = boxesOf(graph).get(id) ?? (note?.position && { ...note.position, width: 0, height: 0 });
      choose([id]);
      if (!box) return;
      const { width, height, transform } = canvas.getState();
      if (inView(box, width, height, transform)) return;
      const zoom = Math.max(transform[2], 0.6);
      void flow.setCenter(box.x + box.width / 2, box.y + Math.min(box.height, height / zoom) / 2, {
        zoom,
        duration: EASE_MILLISECONDS,
      });
    },
    [editor, flow, canvas],
  );
}

function inView(box: Rect, width: number, height: number, [x, y, zoom]: readonly [number, number, number]): boolean {
  const left = box.x * zoom + x;
  const top = box.y * zoom + y;
  return left >= 0 && top >= 0 && left + Math.min(box.width * zoom, width) <= width && top + 40 * zoom <= height;
}

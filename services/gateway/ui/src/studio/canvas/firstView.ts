/** The view a workflow opens with: all of it when that can be read, else its beginning. */
import type { ReactFlowInstance } from "@xyflow/react";

import { START } from "../model/declarations";
import { boxesOf, type Rect } from "../model/geometry";
import type { Graph } from "../model/graph";
import type { CanvasEdge, CanvasNode } from "./flow";

const PADDING = 32;
/** A small workflow begins here: what is added grows downwards. */
const TOP = 72;
/** Below this the names of nodes cannot be read. */
const READABLE = 0.72;

export function showFirst(
  flow: ReactFlowInstance<CanvasNode, CanvasEdge>,
  graph: Graph,
  size: { width: number; height: number },
): void {
  const whole = boundsOf(graph);
  const zoom = Math.min((size.width - 2 * PADDING) / whole.width, (size.height - 2 * PADDING) / whole.height, 1);
  if (zoom >= READABLE) {
    const x = (size.width - whole.width * zoom) / 2 - whole.x * zoom;
    const y = Math.min(TOP, Math.max(PADDING, (size.height - whole.height * zoom) / 2)) - whole.y * zoom;
    void flow.setViewport({ x, y, zoom });
    return;
  }
  const start = graph.nodes.find((node) => node.type === START) ?? graph.nodes[0];
  const first = (start && boxesOf(graph).get(start.id)) ?? whole;
  const x = size.width / 2 - (first.x + first.width / 2) * READABLE;
  void flow.setViewport({ x, y: PADDING - first.y * READABLE, zoom: READABLE });
}

function boundsOf(graph: Graph): Rect {
  const boxes = [...boxesOf(graph).values()];
  const x = Math.min(...boxes.map((box) => box.x), 0);
  const y = Math.min(...boxes.map((box) => box.y), 0);
  const right = Math.max(...boxes.map((box) => box.x + box.width), x + 1);
  const bottom = Math.max(...boxes.map((box) => box.y + box.height), y + 1);
  return { x, y, width: right - x, height: bottom - y };
}

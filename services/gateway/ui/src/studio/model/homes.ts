/** Which home a point on the canvas belongs to, and what a place on the canvas means inside a home. */

import type { Graph, Home, Point } from "./graph";
import { levelAt, nodeOf, TOP, lanesOf } from "./graph";
import type { Rect } from "./geometry";
import { boxesOf, contains, laneOrigin, laneRects } from "./geometry";

/** The innermost lane under a point; nodes in `except` and everything inside them do not count. */
export function homeAt(graph: Graph, point: Point, except: ReadonlySet<string> = new Set()): Home {
  let home = TOP;
  for (;;) {
    const inner = laneUnder(graph, home, point, except);
    if (!inner) return home;
    home = inner;
  }
}

function laneUnder(graph: Graph, home: Home, point: Point, except: ReadonlySet<string>): Home | null {
  const boxes = boxesOf(graph);
  for (const node of levelAt(graph, home).nodes) {
    const box = boxes.get(node.id);
    if (!box || except.has(node.id) || lanesOf(node).length === 0 || !contains(box, point)) continue;
    const within = { x: point.x - box.x, y: point.y - box.y };
    const lanes = laneRects(node);
    const lane = lanes.find(({ rect }) => within.x < rect.x + rect.width) ?? lanes.at(-1);
    if (lane) return { container: node.id, lane: lane.lane };
  }
  return null;
}

/** The absolute place of a home's position zero. */
export function originOf(graph: Graph, home: Home): Point {
  if (home.container === null) return { x: 0, y: 0 };
  const node = nodeOf(graph, home.container);
  const box = boxesOf(graph).get(home.container);
  if (!node || !box) return { x: 0, y: 0 };
  const inner = laneOrigin(node, home.lane);
  return { x: box.x + inner.x, y: box.y + inner.y };
}

/** The absolute area of a home; null for the top, which has no border. */
export function areaOf(graph: Graph, home: Home): Rect | null {
  if (home.container === null) return null;
  const node = nodeOf(graph, home.container);
  const box = boxesOf(graph).get(home.container);
  const rect = node && laneRects(node).find((entry) => entry.lane === home.lane)?.rect;
  return box && rect ? { x: box.x + rect.x, y: box.y + rect.y, width: rect.width, height: rect.height } : null;
}

/** An absolute point as a position inside a home. */
export function within(graph: Graph, home: Home, point: Point): Point {
  const origin = originOf(graph, home);
  return { x: point.x - origin.x, y: point.y - origin.y };
}

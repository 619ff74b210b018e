/**
 * Sizes and places on the canvas, worked out from the graph alone: nothing is measured in the browser.
 *
 * A node inside a container is placed relative to its lane; a container is as large as its lanes need, and at least as
 * large as somebody pulled it. Owns no drawing.
 */

import type { Graph, GraphNode, Lane, Level, Point, Size } from "./graph";
import { isContainer, lanesOf } from "./graph";
import { START } from "./declarations";

export const NODE: Size = { width: 224, height: 44 };
export const START_NODE: Size = { width: 112, height: 32 };
export const NOTE: Size = { width: 216, height: 96 };
export const HEAD = 36;
export const LANE_LABEL = 26;
export const PADDING = 24;
export const GRID = 8;
/** Distance between nodes that are laid out by themselves. */
export const GAP = { across: 40, down: 40 };
/** An empty lane has room for one node. */
const EMPTY: Size = { width: NODE.width, height: NODE.height };

export interface Rect extends Point, Size {}

const sizes = new WeakMap<GraphNode, Size>();
const boxes = new WeakMap<Graph, Map<string, Rect>>();

export function positionOf(node: { position?: Point }): Point {
  return node.position ?? { x: 0, y: 0 };
}

/** The size a node is drawn with. */
export function sizeOf(node: GraphNode): Size {
  const known = sizes.get(node);
  if (known) return known;
  const size = isContainer(node) ? containerSize(node) : node.type === START ? START_NODE : NODE;
  sizes.set(node, size);
  return size;
}

function containerSize(node: GraphNode): Size {
  const lanes = lanesOf(node).map((lane) => laneSize(node, lane));
  const width = lanes.reduce((sum, lane) => sum + lane.width, 0);
  const height = Math.max(...lanes.map((lane) => lane.height));
  return {
    width: Math.max(width, node.size?.width ?? 0),
    height: Math.max(HEAD + labelHeight(node) + height, node.size?.height ?? 0),
  };
}

/** Lanes are named where there are several. */
export function labelHeight(node: GraphNode): number {
  return lanesOf(node).length > 1 ? LANE_LABEL : 0;
}

function laneSize(node: GraphNode, lane: Lane): Size {
  const { origin, far } = extentOf(node[lane] ?? { nodes: [], edges: [] });
  return { width: far.x - origin.x + 2 * PADDING, height: far.y - origin.y + 2 * PADDING };
}

/** The corners of what stands in a level; the near corner is never right of or below the lane's own zero. */
export function extentOf(level: Level): { origin: Point; far: Point } {
  const origin = { x: 0, y: 0 };
  const far = { x: EMPTY.width, y: EMPTY.height };
  for (const node of level.nodes) {
    const at = positionOf(node);
    const size = sizeOf(node);
    origin.x = Math.min(origin.x, at.x);
    origin.y = Math.min(origin.y, at.y);
    far.x = Math.max(far.x, at.x + size.width);
    far.y = Math.max(far.y, at.y + size.height);
  }
  return { origin, far };
}

/** The size of the area that nodes cover together. */
export function spanOf(nodes: readonly GraphNode[]): Size {
  const rects = nodes.map((node) => ({ ...positionOf(node), ...sizeOf(node) }));
  const [x, y] = [Math.min(...rects.map((rect) => rect.x)), Math.min(...rects.map((rect) => rect.y))];
  return {
    width: Math.max(NODE.width, ...rects.map((rect) => rect.x + rect.width - x)),
    height: Math.max(NODE.height, ...rects.map((rect) => rect.y + rect.height - y)),
  };
}

/** Each lane's area relative to the container's corner; the last one takes what a pulled container has left. */
export function laneRects(node: GraphNode): { lane: Lane; rect: Rect }[] {
  const size = sizeOf(node);
  const top = HEAD + labelHeight(node);
  const lanes = lanesOf(node);
  let x = 0;
  return lanes.map((lane, index) => {
    const width = index === lanes.length - 1 ? size.width - x : laneSize(node, lane).width;
    const rect = { x, y: top, width, height: size.height - top };
    x += width;
    return { lane, rect };
  });
}

/** Where position zero of a lane lies, relative to the container's corner. */
export function laneOrigin(node: GraphNode, lane: Lane): Point {
  const rect = laneRects(node).find((entry) => entry.lane === lane)?.rect ?? { x: 0, y: HEAD };
  const { origin } = extentOf(node[lane] ?? { nodes: [], edges: [] });
  return { x: rect.x + PADDING - origin.x, y: rect.y + PADDING - origin.y };
}

/** The absolute rectangle of every node. */
export function boxesOf(graph: Graph): Map<string, Rect> {
  const known = boxes.get(graph);
  if (known) return known;
  const found = new Map<string, Rect>();
  place(graph, { x: 0, y: 0 }, found);
  boxes.set(graph, found);
  return found;
}

function place(level: Level, origin: Point, found: Map<string, Rect>): void {
  for (const node of level.nodes) {
    const at = positionOf(node);
    const rect = { x: origin.x + at.x, y: origin.y + at.y, ...sizeOf(node) };
    found.set(node.id, rect);
    for (const lane of lanesOf(node)) {
      const inner = laneOrigin(node, lane);
      place(node[lane] ?? { nodes: [], edges: [] }, { x: rect.x + inner.x, y: rect.y + inner.y }, found);
    }
  }
}

export function contains(rect: Rect, point: Point): boolean {
  return point.x >= rect.x && point.x <= rect.x + rect.width && point.y >= rect.y && point.y <= rect.y + rect.height;
}

export function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

export function onGrid(point: Point): Point {
  return { x: Math.round(point.x / GRID) * GRID, y: Math.round(point.y / GRID) * GRID };
}

/** Inside a container nothing stands left of or above its lane's zero. */
export function notNegative(point: Point): Point {
  return { x: Math.max(0, point.x), y: Math.max(0, point.y) };
}

/** Tidy-up: lays out every level from the inside out, top to bottom in the direction of its edges. */

import { graphlib, layout } from "@dagrejs/dagre";
import type { Graph, GraphNode, Level } from "./graph";
import { lanesOf } from "./graph";
import { GAP, onGrid, overlaps, positionOf, sizeOf } from "./geometry";

/** All nodes in a calm order, or those of the levels that `wanted` picks; notes stay where they are. */
export function tidied(graph: Graph, wanted: (level: Level) => boolean = () => true): Graph {
  const level = tidyLevel(graph, wanted);
  return level === graph ? graph : { ...graph, nodes: level.nodes };
}

/** Lays out only levels whose nodes lie over each other, as written graphs and imported ones often do. */
export function withoutOverlaps(graph: Graph): Graph {
  return tidied(graph, hasOverlaps);
}

function hasOverlaps(level: Level): boolean {
  const rects = level.nodes.map((node) => ({ ...positionOf(node), ...sizeOf(node) }));
  rects.sort((a, b) => a.y - b.y);
  return rects.some((rect, index) => {
    for (const other of rects.slice(index + 1)) {
      if (other.y >= rect.y + rect.height) return false;
      if (overlaps(rect, other)) return true;
    }
    return false;
  });
}

function tidyLevel<L extends Level>(level: L, wanted: (level: Level) => boolean): L {
  const nodes = level.nodes.map((node) => tidyInside(node, wanted));
  const same = nodes.every((node, index) => node === level.nodes[index]);
  const inner = same ? level : { ...level, nodes };
  return inner.nodes.length > 0 && wanted(inner) ? { ...inner, nodes: arranged(inner) } : inner;
}

function tidyInside(node: GraphNode, wanted: (level: Level) => boolean): GraphNode {
  let after = node;
  for (const lane of lanesOf(node)) {
    const level = node[lane];
    const tidy = level && tidyLevel(level, wanted);
    if (tidy !== level) after = { ...after, [lane]: tidy };
  }
  return after;
}

function arranged(level: Level): GraphNode[] {
  const plan = new graphlib.Graph();
  plan.setGraph({ rankdir: "TB", nodesep: GAP.across, ranksep: GAP.down });
  plan.setDefaultEdgeLabel(() => ({}));
  for (const node of level.nodes) plan.setNode(node.id, { ...sizeOf(node) });
  for (const edge of level.edges) {
    if (plan.hasNode(edge.from) && plan.hasNode(edge.to) && edge.from !== edge.to) plan.setEdge(edge.from, edge.to);
  }
  layout(plan);
  return level.nodes.map((node) => {
    const { x, y } = plan.node(node.id);
    const size = sizeOf(node);
    const position = onGrid({ x: x - size.width / 2, y: y - size.height / 2 });
    const before = node.position;
    return before && before.x === position.x && before.y === position.y ? node : { ...node, position };
  });
}

/** Tidy-up: lays out every level from the inside out, top to bottom in the direction of its edges. */

import { graphlib, layout } from "@dagrejs/dagre";
import type { Graph, GraphNode, Level } from "./graph";
import { lanesOf, walk } from "./graph";
import { GAP, onGrid, overlaps, positionOf, sizeOf } from "./geometry";

/** All nodes in a calm order; notes stay where they are. */
export function tidied(graph: Graph): Graph {
  return { ...graph, nodes: tidyLevel(graph).nodes };
}

/**
 * Lays a graph out when nodes of it lie over each other, as in written graphs and imported ones: whoever made them knew
 * neither our sizes nor that edges run downwards. Any other graph stays as somebody drew it.
 */
export function withoutOverlaps(graph: Graph): Graph {
  return [graph, ...levelsIn(graph)].some(hasOverlaps) ? tidied(graph) : graph;
}

function levelsIn(graph: Graph): Level[] {
  return [...walk(graph)].flatMap((node) => lanesOf(node).flatMap((lane) => node[lane] ?? []));
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

function tidyLevel(level: Level): Level {
  const nodes = level.nodes.map(tidyInside);
  return { ...level, nodes: nodes.length === 0 ? nodes : arranged({ nodes, edges: level.edges }) };
}

function tidyInside(node: GraphNode): GraphNode {
  let after = node;
  for (const lane of lanesOf(node)) {
    const level = node[lane];
    if (level) after = { ...after, [lane]: tidyLevel(level) };
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

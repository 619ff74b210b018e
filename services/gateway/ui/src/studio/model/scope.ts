/** What an expression in a node may speak of: nodes that ran before, loops around, inputs and variables. */

import type { Graph, GraphNode, InputDeclaration, VariableDeclaration } from "./graph";
import { containersAround, placesOf } from "./graph";

export interface Scope {
  /** The nearest first. */
  nodes: GraphNode[];
  /** The loops around, the innermost first. */
  loops: GraphNode[];
  inputs: InputDeclaration[];
  variables: VariableDeclaration[];
}

const FOR_EACH = "control.forEach";
const TRY = "control.try";

/** The scope of a node's config; without a node that of the workflow's own settings. */
export function scopeOf(graph: Graph, nodeId: string | null): Scope {
  const around = nodeId === null ? [] : containersAround(graph, nodeId);
  const path = nodeId === null ? [] : [...around.map((place) => place.node.id), nodeId].reverse();
  const nodes = path.flatMap((id) => before(graph, id));
  const home = nodeId === null ? undefined : placesOf(graph).get(nodeId)?.home;
  const tries = around.filter((place) => place.node.type === TRY && home?.lane !== "body").map((place) => place.node);
  return {
    nodes: [...nodes, ...tries],
    loops: around
      .filter((place) => place.node.type === FOR_EACH)
      .map((place) => place.node)
      .reverse(),
    inputs: graph.inputs ?? [],
    variables: graph.variables ?? [],
  };
}

/** The nodes of the same level from which a way leads to this one, by distance. */
function before(graph: Graph, id: string): GraphNode[] {
  const level = placesOf(graph).get(id)?.level;
  if (!level) return [];
  const byId = new Map(level.nodes.map((node) => [node.id, node]));
  const found: GraphNode[] = [];
  const seen = new Set([id]);
  let ring = [id];
  while (ring.length > 0) {
    const next: string[] = [];
    for (const edge of level.edges) {
      if (!ring.includes(edge.to) || seen.has(edge.from)) continue;
      seen.add(edge.from);
      next.push(edge.from);
      const node = byId.get(edge.from);
      if (node) found.push(node);
    }
    ring = next;
  }
  return found;
}

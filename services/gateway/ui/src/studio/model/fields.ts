/** Changing what a node is set to: its config, the settings beside it, its lanes. */

import type { Graph, GraphNode, JsonObject, Lane } from "./graph";
import { changeNode, lanesOf, placesOf, withLevel } from "./graph";
import type { Catalogue } from "./declarations";
import { portsOf } from "./declarations";
import { danglingEdges } from "./connections";
import { madeRoom } from "./room";

/** Replaces parts of a node beside its config; edges from ports it then no longer has are taken away. */
export function changeFields(graph: Graph, id: string, fields: Partial<GraphNode>, catalogue: Catalogue): Graph {
  const next = changeNode(graph, id, (node) => withoutUndefined({ ...node, ...fields }));
  return prunedEdges(next, id, catalogue);
}

/** Replaces a node's config. */
export function changeConfig(graph: Graph, id: string, config: JsonObject, catalogue: Catalogue): Graph {
  return prunedEdges(
    changeNode(graph, id, (node) => ({ ...node, config })),
    id,
    catalogue,
  );
}

function withoutUndefined(node: GraphNode): GraphNode {
  return Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined)) as unknown as GraphNode;
}

function prunedEdges(graph: Graph, id: string, catalogue: Catalogue): Graph {
  const place = placesOf(graph).get(id);
  const declaration = place && catalogue.get(place.node.type);
  if (!place || !declaration) return graph;
  const dangling = new Set(danglingEdges(place.level, id, portsOf(place.node, declaration)));
  if (dangling.size === 0) return graph;
  return withLevel(graph, place.home, (level) => ({
    nodes: level.nodes,
    edges: level.edges.filter((each) => !dangling.has(each)),
  }));
}

/** Gives a container a lane, or takes an empty or unwanted one away with all that stands in it. */
export function setLane(graph: Graph, id: string, lane: Lane, there: boolean): Graph {
  const next = changeNode(graph, id, (node) => {
    if (there === lanesOf(node).includes(lane)) return node;
    if (there) return { ...node, [lane]: { nodes: [], edges: [] } };
    return withoutUndefined({ ...node, [lane]: undefined });
  });
  return madeRoom(graph, next);
}

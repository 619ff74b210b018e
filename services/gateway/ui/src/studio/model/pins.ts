/** Pinned samples: outputs that stand in for a node in test runs. */

import type { Graph, Json } from "./graph";

export function pin(graph: Graph, nodeId: string, sample: Json): Graph {
  return { ...graph, pins: { ...graph.pins, [nodeId]: sample } };
}

export function unpin(graph: Graph, nodeId: string): Graph {
  const left = Object.entries(graph.pins ?? {}).filter(([id]) => id !== nodeId);
  return { ...graph, pins: Object.fromEntries(left) };
}

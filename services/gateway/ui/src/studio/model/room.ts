/** Makes room: a container that grew pushes away what stood below and beside it, on every level up to the top. */

import type { Graph, GraphNode, Level, Size } from "./graph";
import { isContainer, lanesOf, placesOf } from "./graph";
import { positionOf, sizeOf } from "./geometry";

/** `after`, with the neighbours of every container moved by what it grew since `before`. */
export function madeRoom(before: Graph, after: Graph): Graph {
  if (before === after) return after;
  const earlier = placesOf(before);
  const settled = settle(after, (node) => {
    const place = earlier.get(node.id);
    return place && isContainer(place.node) && place.node !== node ? sizeOf(place.node) : null;
  });
  return settled === after ? after : { ...after, nodes: settled.nodes };
}

function settle<L extends Level>(level: L, earlierSize: (node: GraphNode) => Size | null): L {
  let nodes = level.nodes.map((node) => settleInside(node, earlierSize));
  for (const node of nodes) {
    const earlier = isContainer(node) ? earlierSize(node) : null;
    if (earlier) nodes = pushed(nodes, node, earlier);
  }
  return nodes.every((node, index) => node === level.nodes[index]) ? level : { ...level, nodes };
}

function settleInside(node: GraphNode, earlierSize: (node: GraphNode) => Size | null): GraphNode {
  let after = node;
  for (const lane of lanesOf(node)) {
    const level = node[lane];
    if (!level) continue;
    const settled = settle(level, earlierSize);
    if (settled !== level) after = { ...after, [lane]: settled };
  }
  return after;
}

/** What stood wholly below moves down by the growth in height, what stood wholly to the right moves right. */
function pushed(nodes: GraphNode[], grown: GraphNode, earlier: Size): GraphNode[] {
  const now = sizeOf(grown);
  const down = Math.max(0, now.height - earlier.height);
  const right = Math.max(0, now.width - earlier.width);
  if (down === 0 && right === 0) return nodes;
  const at = positionOf(grown);
  return nodes.map((node) => {
    if (node.id === grown.id) return node;
    const place = positionOf(node);
    const size = sizeOf(node);
    const across = place.x < at.x + now.width && place.x + size.width > at.x;
    const beside = place.y < at.y + now.height && place.y + size.height > at.y;
    if (across && place.y >= at.y + earlier.height) return { ...node, position: { x: place.x, y: place.y + down } };
    if (beside && place.x >= at.x + earlier.width) return { ...node, position: { x: place.x + right, y: place.y } };
    return node;
  });
}

/** Moving nodes and notes, within their home or into another one. */

import type { Edge, Graph, GraphNode, Home, Point } from "./graph";
import { changeNode, containersAround, placesOf, sameHome, withLevel } from "./graph";
import { START } from "./declarations";
import { notNegative, positionOf } from "./geometry";
import { madeRoom } from "./room";

/** New positions within their homes, by node or note id. */
export function moveTo(graph: Graph, positions: ReadonlyMap<string, Point>): Graph {
  let next = graph;
  for (const [id, position] of positions) {
    next = changeNode(next, id, (node) => {
      const before = positionOf(node);
      return before.x === position.x && before.y === position.y ? node : { ...node, position };
    });
  }
  const notes = next.notes?.map((note) => {
    const position = positions.get(note.id);
    return position ? { ...note, position } : note;
  });
  const moved = notes?.some((note, index) => note !== next.notes?.[index]);
  return madeRoom(graph, moved && notes ? { ...next, notes } : next);
}

/** Shifts nodes and notes by the same way; what stands inside a shifted container goes along anyway. */
export function shift(graph: Graph, ids: ReadonlySet<string>, by: Point): Graph {
  const positions = new Map<string, Point>();
  for (const id of ids) {
    const place = placesOf(graph).get(id);
    const note = graph.notes?.find((candidate) => candidate.id === id);
    if (place && standsInside(graph, id, ids)) continue;
    const at = place ? positionOf(place.node) : note ? positionOf(note) : null;
    if (!at) continue;
    const next = { x: at.x + by.x, y: at.y + by.y };
    const nested = place && place.home.container !== null;
    positions.set(id, nested ? notNegative(next) : next);
  }
  return moveTo(graph, positions);
}

function standsInside(graph: Graph, id: string, ids: ReadonlySet<string>): boolean {
  return containersAround(graph, id).some((place) => ids.has(place.node.id));
}

/** Those of the ids that do not stand inside another one of them. */
export function outermost(graph: Graph, ids: Iterable<string>): string[] {
  const all = new Set(ids);
  return [...all].filter((id) => placesOf(graph).has(id) && !standsInside(graph, id, all));
}

/** Moves nodes to another home at these positions within it. Edges among them go along, edges to others are cut. */
export function reparent(graph: Graph, home: Home, positions: ReadonlyMap<string, Point>): Graph {
  const moving = outermost(graph, positions.keys()).filter((id) => {
    const place = placesOf(graph).get(id);
    return place && !sameHome(place.home, home) && place.node.type !== START && !isInside(graph, home, id);
  });
  if (moving.length === 0) return moveTo(graph, positions);
  const carried = new Set(moving);
  const nodes: GraphNode[] = [];
  const edges: Edge[] = [];
  let next = graph;
  for (const id of moving) {
    const place = placesOf(graph).get(id);
    const position = positions.get(id);
    if (!place || !position) continue;
    nodes.push({ ...place.node, position: home.container === null ? position : notNegative(position) });
    edges.push(...place.level.edges.filter((each) => each.from === id && carried.has(each.to)));
    next = withLevel(next, place.home, (level) => ({
      nodes: level.nodes.filter((node) => node.id !== id),
      edges: level.edges.filter((each) => each.from !== id && each.to !== id),
    }));
  }
  next = withLevel(next, home, (level) => ({ nodes: [...level.nodes, ...nodes], edges: [...level.edges, ...edges] }));
  return madeRoom(graph, next);
}

function isInside(graph: Graph, home: Home, id: string): boolean {
  if (home.container === null) return false;
  return home.container === id || standsInside(graph, home.container, new Set([id]));
}

/** Adding, connecting and removing nodes: functions from a graph to the next. An edit that changes nothing answers the same graph. */

import type { Edge, Graph, GraphNode, Home, Level, Point, Size } from "./graph";
import { lanesOf, levelAt, nodeOf, placesOf, withLevel } from "./graph";
import type { Declaration } from "./declarations";
import { DEFAULT_PORT, firstConfig, portOf, START } from "./declarations";
import type { Connection } from "./connections";
import { edgeId, freshId, idsOf, wishOf } from "./ids";
import { GAP, GRID, notNegative, onGrid, overlaps, positionOf, sizeOf } from "./geometry";
import { madeRoom } from "./room";

export interface Added {
  graph: Graph;
  id: string;
}

/** A node as it first stands on the canvas; containers get a body, try a catch as well. */
export function newNode(declaration: Declaration, id: string, position: Point): GraphNode {
  const node: GraphNode = {
    id,
    type: declaration.type,
    name: declaration.title,
    config: firstConfig(declaration),
    position: onGrid(position),
  };
  for (const lane of declaration.containers.filter((name) => name !== "finally")) {
    node[lane] = { nodes: [], edges: [] };
  }
  return node;
}

/** Adds a node of a type to a home, at a position within it; `after` connects it from a port of a node there. */
export function addNode(
  graph: Graph,
  declaration: Declaration,
  home: Home,
  position: Point,
  after?: { from: string; port: string },
): Added {
  const id = freshId(wishOf(declaration), idsOf(graph));
  const node = newNode(declaration, id, position);
  const next = withLevel(graph, home, (level) => ({
    nodes: [...level.nodes, node],
    edges: after && declaration.type !== START ? [...level.edges, edge(after.from, after.port, id)] : level.edges,
  }));
  return { graph: madeRoom(graph, next), id };
}

/** Puts a new node between the two ends of an edge, and moves what follows down to make room. */
export function insertOnEdge(
  graph: Graph,
  home: Home,
  cut: string,
  declaration: Declaration,
  step: number,
): Added | null {
  const level = levelAt(graph, home);
  const found = level.edges.find((candidate) => candidate.id === cut);
  const source = found && level.nodes.find((node) => node.id === found.from);
  const target = found && level.nodes.find((node) => node.id === found.to);
  const port = declaration.ports[0];
  if (!found || !source || !target || declaration.type === START || port === undefined) return null;
  const id = freshId(wishOf(declaration), idsOf(graph));
  const place = positionOf(target);
  const behind = followers(level, target.id);
  const next = withLevel(graph, home, () => ({
    nodes: [
      ...level.nodes.map((node) =>
        behind.has(node.id) ? { ...node, position: { x: positionOf(node).x, y: positionOf(node).y + step } } : node,
      ),
      newNode(declaration, id, place),
    ],
    edges: [
      ...level.edges.filter((candidate) => candidate !== found),
      edge(found.from, portOf(found), id),
      edge(id, port, found.to),
    ],
  }));
  return { graph: madeRoom(graph, next), id };
}

function followers(level: Level, from: string): Set<string> {
  const found = new Set<string>();
  const waiting = [from];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    for (const candidate of level.edges) if (candidate.from === id) waiting.push(candidate.to);
  }
  return found;
}

function edge(from: string, port: string, to: string): Edge {
  return { id: edgeId(from, port, to), from, port, to };
}

/** Draws an edge; whether it may be drawn is `refusal`'s to say. */
export function connect(graph: Graph, { from, port, to }: Connection): Graph {
  const place = placesOf(graph).get(from);
  if (!place) return graph;
  return withLevel(graph, place.home, (level) => ({
    nodes: level.nodes,
    edges: [...level.edges, edge(from, port, to)],
  }));
}

/** Takes nodes, notes and edges away; the start stays. A node with one way in and one way out closes the gap it leaves. */
export function remove(graph: Graph, ids: ReadonlySet<string>, edgeIds: ReadonlySet<string> = new Set()): Graph {
  const gone = new Set([...ids].filter((id) => nodeOf(graph, id)?.type !== START));
  const notes = graph.notes?.filter((note) => !gone.has(note.id));
  const pins = graph.pins && Object.fromEntries(Object.entries(graph.pins).filter(([id]) => !gone.has(id)));
  const level = without(graph, gone, edgeIds);
  const unchanged = level === graph && notes?.length === graph.notes?.length;
  if (unchanged) return graph;
  return { ...graph, nodes: level.nodes, edges: level.edges, ...(notes ? { notes } : {}), ...(pins ? { pins } : {}) };
}

function without<L extends Level>(level: L, gone: ReadonlySet<string>, edgeIds: ReadonlySet<string>): L {
  const nodes = level.nodes
    .filter((node) => !gone.has(node.id))
    .map((node) => {
      let after = node;
      for (const lane of lanesOf(node)) {
        const inner = node[lane];
        const left = inner && without(inner, gone, edgeIds);
        if (left !== inner) after = { ...after, [lane]: left };
      }
      return after;
    });
  const edges = level.edges.filter((each) => !edgeIds.has(each.id) && !gone.has(each.from) && !gone.has(each.to));
  const bridged = bridges(level, gone, edges);
  const same =
    nodes.length === level.nodes.length &&
    edges.length === level.edges.length &&
    nodes.every((node, index) => node === level.nodes[index]);
  return same ? level : { ...level, nodes, edges: [...edges, ...bridged] };
}

function bridges(level: Level, gone: ReadonlySet<string>, left: readonly Edge[]): Edge[] {
  const found: Edge[] = [];
  for (const node of level.nodes) {
    if (!gone.has(node.id)) continue;
    const incoming = level.edges.filter((each) => each.to === node.id);
    const outgoing = level.edges.filter((each) => each.from === node.id && portOf(each) === DEFAULT_PORT);
    const [into, out] = [incoming[0], outgoing[0]];
    if (!into || !out || incoming.length > 1 || outgoing.length > 1) continue;
    if (gone.has(into.from) || gone.has(out.to)) continue;
    const port = portOf(into);
    if (![...left, ...found].some((each) => each.from === into.from && portOf(each) === port && each.to === out.to)) {
      found.push(edge(into.from, port, out.to));
    }
  }
  return found;
}

const CLEARANCE = 24;

/** A free place for a node of this size in a home: the wished one, else further down or to the right. */
export function freePlace(graph: Graph, home: Home, near: Point, size: Size, aside = false): Point {
  const taken = levelAt(graph, home).nodes.map((node) => ({ ...positionOf(node), ...sizeOf(node) }));
  const place = onGrid(home.container === null ? near : notNegative(near));
  const wanted = () => ({
    x: place.x - CLEARANCE,
    y: place.y - CLEARANCE,
    width: size.width + 2 * CLEARANCE,
    height: size.height + 2 * CLEARANCE,
  });
  for (
    let hit = taken.find((rect) => overlaps(wanted(), rect));
    hit;
    hit = taken.find((rect) => overlaps(wanted(), rect))
  ) {
    if (aside) place.x = Math.ceil((hit.x + hit.width + GAP.across) / GRID) * GRID;
    else place.y = Math.ceil((hit.y + hit.height + GAP.down) / GRID) * GRID;
  }
  return place;
}

/** Brings together what two people did to the same graph, where their changes do not touch the same things. */

import type { Edge, Graph, GraphNode, Home, Level } from "./graph";
import { lanesOf, placesOf, sameHome, walk, withLevel } from "./graph";
import { portOf } from "./declarations";

/**
 * Their graph with my changes on top; null when both changed the same node or the same part of the workflow, or when
 * one changed what the other took away.
 */
export function mergedGraphs(base: Graph, mine: Graph, theirs: Graph): Graph | null {
  const before = placesOf(base);
  const my = placesOf(mine);
  const their = placesOf(theirs);
  const touched = (places: typeof my) =>
    new Set(
      [...new Set([...before.keys(), ...places.keys()])].filter((id) => changedNode(before.get(id), places.get(id))),
    );
  const [myTouched, theirTouched] = [touched(my), touched(their)];
  if ([...myTouched].some((id) => theirTouched.has(id))) return null;
  const rest = mergedRest(base, mine, theirs);
  if (rest === null) return null;

  let graph: Graph = { ...theirs, ...rest };
  for (const id of myTouched) {
    const now = my.get(id);
    const then = before.get(id);
    if (now && then && !sameHome(now.home, then.home)) return null;
    if (now && then) graph = replaced(graph, id, now.node);
    else if (now && then === undefined) {
      if (now.home.container !== null && !my.has(now.home.container)) return null;
      const isInner = now.home.container !== null && !before.has(now.home.container);
      if (isInner) continue;
      if (now.home.container !== null && !placesOf(graph).has(now.home.container)) return null;
      graph = withLevel(graph, now.home, (level) => ({ nodes: [...level.nodes, now.node], edges: level.edges }));
    } else if (then) {
      graph = withLevel(graph, then.home, (level) => ({
        nodes: level.nodes.filter((node) => node.id !== id),
        edges: level.edges,
      }));
    }
  }
  return withEdges(graph, base, mine);
}

type Place = { node: GraphNode; home: Home } | undefined;

function changedNode(a: Place, b: Place): boolean {
  if (!a || !b) return a !== b;
  return !sameHome(a.home, b.home) || JSON.stringify(shell(a.node)) !== JSON.stringify(shell(b.node));
}

/** A node without what stands inside it. */
function shell(node: GraphNode): GraphNode {
  const copy = { ...node };
  for (const lane of lanesOf(node)) copy[lane] = { nodes: [], edges: [] };
  return copy;
}

/** My settings of a node around their content. */
function replaced(graph: Graph, id: string, mine: GraphNode): Graph {
  const place = placesOf(graph).get(id);
  if (!place) return graph;
  const node: GraphNode = { ...mine };
  for (const lane of lanesOf(mine)) node[lane] = place.node[lane] ?? mine[lane] ?? { nodes: [], edges: [] };
  return withLevel(graph, place.home, (level) => ({
    nodes: level.nodes.map((each) => (each.id === id ? node : each)),
    edges: level.edges,
  }));
}

/** Everything beside nodes and edges, part by part. */
function mergedRest(base: Graph, mine: Graph, theirs: Graph): Partial<Graph> | null {
  const rest: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(base), ...Object.keys(mine), ...Object.keys(theirs)]) as Set<keyof Graph>) {
    if (key === "nodes" || key === "edges") continue;
    const [was, my, their] = [base[key], mine[key], theirs[key]].map((value) => JSON.stringify(value));
    if (my === was || my === their) continue;
    if (their !== was) return null;
    rest[key] = mine[key];
  }
  return rest as Partial<Graph>;
}

/** The edges I drew and took away, where both ends are still there. */
function withEdges(graph: Graph, base: Graph, mine: Graph): Graph {
  const was = edgesOf(base);
  const now = edgesOf(mine);
  let next = graph;
  for (const [key, { edge, home }] of now) {
    if (was.has(key) || !inHome(next, home, edge)) continue;
    next = withLevel(next, home, (level) => ({
      nodes: level.nodes,
      edges: level.edges.some((each) => keyOf(each) === key) ? level.edges : [...level.edges, edge],
    }));
  }
  for (const [key, { home }] of was) {
    if (now.has(key)) continue;
    next = withLevel(next, home, (level) => ({
      nodes: level.nodes,
      edges: level.edges.filter((each) => keyOf(each) !== key),
    }));
  }
  return withoutLoose(next);
}

function inHome(graph: Graph, home: Home, edge: Edge): boolean {
  return [edge.from, edge.to].every((id) => {
    const place = placesOf(graph).get(id);
    return place !== undefined && sameHome(place.home, home);
  });
}

function keyOf(edge: Edge): string {
  return JSON.stringify([edge.from, portOf(edge), edge.to]);
}

function edgesOf(graph: Graph): Map<string, { edge: Edge; home: Home }> {
  const found = new Map<string, { edge: Edge; home: Home }>();
  const add = (level: Level, home: Home) => level.edges.forEach((edge) => found.set(keyOf(edge), { edge, home }));
  add(graph, { container: null, lane: "body" });
  for (const node of walk(graph)) {
    for (const lane of lanesOf(node)) add(node[lane] ?? { nodes: [], edges: [] }, { container: node.id, lane });
  }
  return found;
}

/** Edges to nodes that are gone are taken away. */
function withoutLoose(graph: Graph): Graph {
  let next = graph;
  for (const { edge, home } of edgesOf(graph).values()) {
    if (inHome(next, home, edge)) continue;
    next = withLevel(next, home, (level) => ({
      nodes: level.nodes,
      edges: level.edges.filter((each) => each !== edge),
    }));
  }
  return next;
}

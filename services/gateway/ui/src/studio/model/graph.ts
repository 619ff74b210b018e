/**
 * The graph of a workflow as it is stored: one JSON document, never changed in place.
 *
 * Owns the shapes and where a node stands. What edits it are the functions beside this file, each of which takes a
 * graph and answers a new one that shares what did not change; so undo is the graph before.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export const LANES = ["body", "catch", "finally"] as const;
export type Lane = (typeof LANES)[number];
export type OnError = "fail" | "continue" | "errorPort";

export interface Edge {
  id: string;
  from: string;
  port?: string;
  to: string;
}

export interface Level {
  nodes: GraphNode[];
  edges: Edge[];
}

export interface Retry {
  maxAttempts?: number;
  backoffSeconds?: number;
}

export interface GraphNode {
  id: string;
  type: string;
  name?: string;
  config?: JsonObject;
  position?: Point;
  size?: Size;
  description?: string;
  timeoutSeconds?: number | null;
  retry?: Retry | null;
  onError?: OnError;
  disabled?: boolean;
  repeatable?: boolean | null;
  body?: Level | null;
  catch?: Level | null;
  finally?: Level | null;
}

export interface Note {
  id: string;
  text: string;
  position?: Point;
  size?: Size;
}

export interface InputDeclaration {
  name: string;
  type?: string;
  required?: boolean;
  description?: string;
  default?: Json;
}

export interface VariableDeclaration {
  name: string;
  initial?: Json;
}

export interface Graph extends Level {
  schemaVersion: 1;
  inputs?: InputDeclaration[];
  variables?: VariableDeclaration[];
  settings?: JsonObject;
  notes?: Note[];
  pins?: JsonObject;
  output?: Json;
}

/** Where nodes live: the top of the graph (container null) or a lane of a container. */
export interface Home {
  container: string | null;
  lane: Lane;
}

export const TOP: Home = { container: null, lane: "body" };

export interface Place {
  node: GraphNode;
  home: Home;
  level: Level;
  /** JSON pointer of the node, as validation names it. */
  pointer: string;
  depth: number;
}

const EMPTY_LEVEL: Level = { nodes: [], edges: [] };
const places = new WeakMap<Graph, Map<string, Place>>();

/** A workflow nobody has drawn yet: its start alone. */
export function emptyGraph(): Graph {
  const start: GraphNode = { id: "start", type: "control.start", name: "Start", config: {}, position: { x: 0, y: 0 } };
  return { schemaVersion: 1, inputs: [], variables: [], nodes: [start], edges: [], notes: [], pins: {} };
}

/** A stored document with the lists this editor relies on; everything else in it is kept as it is. */
export function readGraph(document: unknown): Graph {
  if (!isObject(document)) return emptyGraph();
  const graph = document as Partial<Graph>;
  return { ...graph, schemaVersion: 1, nodes: readNodes(graph.nodes), edges: listOf(graph.edges) };
}

/** Nodes as they stand in the document; a lane that lacks a list gets an empty one. */
function readNodes(nodes: unknown): GraphNode[] {
  return listOf<GraphNode>(nodes)
    .filter((node) => isObject(node) && typeof node.id === "string")
    .map((node) => {
      const lanes: Partial<Record<Lane, Level>> = {};
      for (const lane of LANES) {
        const level = node[lane];
        if (isObject(level)) lanes[lane] = { ...level, nodes: readNodes(level.nodes), edges: listOf(level.edges) };
      }
      return Object.keys(lanes).length > 0 ? { ...node, ...lanes } : node;
    });
}

function listOf<T>(value: unknown): T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every node of the graph by id, with the place it stands at; computed once for each graph. */
export function placesOf(graph: Graph): Map<string, Place> {
  const known = places.get(graph);
  if (known) return known;
  const found = new Map<string, Place>();
  collect(graph, TOP, "", 0, found);
  places.set(graph, found);
  return found;
}

function collect(level: Level, home: Home, pointer: string, depth: number, found: Map<string, Place>): void {
  level.nodes.forEach((node, index) => {
    const own = `${pointer}/nodes/${index}`;
    found.set(node.id, { node, home, level, pointer: own, depth });
    for (const lane of lanesOf(node)) {
      collect(node[lane] ?? EMPTY_LEVEL, { container: node.id, lane }, `${own}/${lane}`, depth + 1, found);
    }
  });
}

export function nodeOf(graph: Graph, id: string): GraphNode | undefined {
  return placesOf(graph).get(id)?.node;
}

/** The lanes a node has, in the order they are shown. */
export function lanesOf(node: GraphNode): Lane[] {
  return LANES.filter((lane) => isObject(node[lane]));
}

export function isContainer(node: GraphNode): boolean {
  return lanesOf(node).length > 0;
}

export function sameHome(a: Home, b: Home): boolean {
  return a.container === b.container && (a.container === null || a.lane === b.lane);
}

/** The nodes and edges of a home; empty where the container is gone. */
export function levelAt(graph: Graph, home: Home): Level {
  if (home.container === null) return graph;
  return nodeOf(graph, home.container)?.[home.lane] ?? EMPTY_LEVEL;
}

/** The containers around a node, the outermost first. */
export function containersAround(graph: Graph, id: string): Place[] {
  const around: Place[] = [];
  let container = placesOf(graph).get(id)?.home.container ?? null;
  while (container !== null) {
    const place = placesOf(graph).get(container);
    if (!place) break;
    around.unshift(place);
    container = place.home.container;
  }
  return around;
}

/** Every node of a level and of the levels inside it. */
export function* walk(level: Level): Generator<GraphNode> {
  for (const node of level.nodes) {
    yield node;
    for (const lane of lanesOf(node)) yield* walk(node[lane] ?? EMPTY_LEVEL);
  }
}

/** The graph with one level replaced; everything that does not lie on the way to it is shared. */
export function withLevel(graph: Graph, home: Home, change: (level: Level) => Level): Graph {
  if (home.container === null) return merged(graph, change(graph));
  return changeNode(graph, home.container, (node) => {
    const before = node[home.lane] ?? EMPTY_LEVEL;
    return { ...node, [home.lane]: merged(before, change(before)) };
  });
}

function merged<L extends Level>(before: L, after: Level): L {
  return before.nodes === after.nodes && before.edges === after.edges
    ? before
    : { ...before, nodes: after.nodes, edges: after.edges };
}

/** The graph with one node replaced by what `change` makes of it. */
export function changeNode(graph: Graph, id: string, change: (node: GraphNode) => GraphNode): Graph {
  const place = placesOf(graph).get(id);
  if (!place) return graph;
  const after = change(place.node);
  if (after === place.node) return graph;
  return withLevel(graph, place.home, (level) => ({
    nodes: level.nodes.map((node) => (node.id === id ? after : node)),
    edges: level.edges,
  }));
}

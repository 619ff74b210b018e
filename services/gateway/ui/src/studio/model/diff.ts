/**
 * The difference between two graphs, in words a person can check. The Hub compares saved versions; this compares what
 * is not saved yet as well, and keeps the removed nodes so that the canvas can show them.
 */

import type { Graph, GraphNode, Home } from "./graph";
import { lanesOf, LANES, placesOf, walk, withLevel } from "./graph";
import { portOf } from "./declarations";
import { pointerTo } from "./problems";

export type Mark = "added" | "removed" | "changed" | "moved";

export interface Change {
  pointer: string;
  old?: unknown;
  new?: unknown;
}

export interface NodeDifference {
  id: string;
  name: string;
  type: string;
  mark: Mark;
  changes: Change[];
}

export interface Difference {
  nodes: NodeDifference[];
  edges: { added: number; removed: number };
  /** Inputs, variables, settings, notes, pins and output. */
  rest: Change[];
  marks: Map<string, Mark>;
  same: boolean;
}

const LAYOUT = ["/position", "/size"];

export function difference(old: Graph, now: Graph): Difference {
  const before = placesOf(old);
  const after = placesOf(now);
  const nodes: NodeDifference[] = [];
  for (const [id, place] of after) {
    const earlier = before.get(id);
    if (!earlier) {
      nodes.push(described(place.node, "added", []));
      continue;
    }
    const changes = changesOf(own(earlier.node), own(place.node), "");
    const rehomed = homeName(earlier.home) !== homeName(place.home);
    if (rehomed) changes.push({ pointer: "/home", old: homeName(earlier.home), new: homeName(place.home) });
    if (changes.length === 0) continue;
    const layout = !rehomed && changes.every((change) => LAYOUT.some((part) => change.pointer.startsWith(part)));
    nodes.push(described(place.node, layout ? "moved" : "changed", changes));
  }
  for (const [id, place] of before) if (!after.has(id)) nodes.push(described(place.node, "removed", []));
  const edges = edgeDifference(old, now);
  const rest = changesOf(withoutNodes(old), withoutNodes(now), "");
  return {
    nodes,
    edges,
    rest,
    marks: new Map(nodes.map((node) => [node.id, node.mark])),
    same: nodes.length === 0 && rest.length === 0 && edges.added === 0 && edges.removed === 0,
  };
}

/** The newer graph with the removed nodes standing where they stood, so that both can be seen at once. */
export function overlaid(old: Graph, now: Graph): Graph {
  const known = placesOf(now);
  let graph = now;
  for (const [id, { node, home }] of placesOf(old)) {
    if (known.has(id) || placesOf(graph).has(id)) continue;
    const there = home.container === null || placesOf(graph).get(home.container)?.node[home.lane];
    if (!there) continue;
    const left = withoutKnown(node, known);
    graph = withLevel(graph, home, (level) => ({ nodes: [...level.nodes, left], edges: level.edges }));
  }
  return graph;
}

function withoutKnown(node: GraphNode, known: ReadonlyMap<string, unknown>): GraphNode {
  let left = node;
  for (const lane of lanesOf(node)) {
    const level = node[lane];
    if (!level) continue;
    const nodes = level.nodes.filter((inner) => !known.has(inner.id)).map((inner) => withoutKnown(inner, known));
    left = { ...left, [lane]: { nodes, edges: [] } };
  }
  return left;
}

function described(node: GraphNode, mark: Mark, changes: Change[]): NodeDifference {
  return { id: node.id, name: node.name || node.id, type: node.type, mark, changes };
}

function homeName(home: Home): string {
  return home.container === null ? "top" : `${home.container}/${home.lane}`;
}

/** The node without what stands inside it, which has entries of its own. */
function own(node: GraphNode): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...node };
  for (const lane of LANES) if (copy[lane] !== undefined) copy[lane] = copy[lane] === null ? undefined : {};
  return copy;
}

function withoutNodes(graph: Graph): Record<string, unknown> {
  return { ...graph, nodes: undefined, edges: undefined };
}

function edgeDifference(old: Graph, now: Graph): { added: number; removed: number } {
  const before = edgeKeys(old);
  const after = edgeKeys(now);
  return {
    added: [...after].filter((key) => !before.has(key)).length,
    removed: [...before].filter((key) => !after.has(key)).length,
  };
}

function edgeKeys(graph: Graph): Set<string> {
  const levels = [graph, ...[...walk(graph)].flatMap((node) => lanesOf(node).map((lane) => node[lane]))];
  return new Set(levels.flatMap((level) => (level?.edges ?? []).map((e) => JSON.stringify([e.from, portOf(e), e.to]))));
}

function changesOf(old: unknown, now: unknown, pointer: string): Change[] {
  if (old === now) return [];
  if (isPlain(old) && isPlain(now)) {
    return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((key) =>
      changesOf(old[key], now[key], pointerTo(pointer, key)),
    );
  }
  if (JSON.stringify(old) === JSON.stringify(now)) return [];
  return [{ pointer, ...(old === undefined ? {} : { old }), ...(now === undefined ? {} : { new: now }) }];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

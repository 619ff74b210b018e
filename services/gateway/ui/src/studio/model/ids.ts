/** New ids: readable, because expressions name nodes by them, and unique in the whole file. */

import type { Graph, GraphNode, Level } from "./graph";
import { walk } from "./graph";

const FALLBACK = "node";

/** All ids of nodes and notes, so that several new ones can be made at once. */
export function idsOf(graph: Graph): Set<string> {
  const ids = new Set<string>();
  for (const node of walk(graph)) ids.add(node.id);
  for (const note of graph.notes ?? []) ids.add(note.id);
  return ids;
}

/** An id after a wish (`read`, else `read2`, `read3`, …); it is added to the taken ones. */
export function freshId(wish: string, taken: Set<string>): string {
  const stem = wish.replace(/[^A-Za-z0-9_]/g, "").replace(/\d+$/, "") || FALLBACK;
  let id = stem;
  for (let number = 2; taken.has(id); number += 1) id = `${stem}${number}`;
  taken.add(id);
  return id;
}

/** The wish for a node of a type: `http.request` becomes `request`. */
export function wishOf(node: Pick<GraphNode, "type">): string {
  return node.type.split(".").at(-1) ?? FALLBACK;
}

/** An edge's id is made from what it connects, which is unique in a level. */
export function edgeId(from: string, port: string, to: string): string {
  return `${from}:${port}:${to}`;
}

/** The same nodes with new ids everywhere inside, and what became of each id. */
export function renewed(level: Level, taken: Set<string>): { level: Level; renamed: Map<string, string> } {
  const renamed = new Map<string, string>();
  for (const node of walk(level)) renamed.set(node.id, freshId(node.id, taken));
  return { level: withIds(level, renamed), renamed };
}

function withIds(level: Level, renamed: Map<string, string>): Level {
  const name = (id: string) => renamed.get(id) ?? id;
  return {
    ...level,
    nodes: level.nodes.map((node) => ({
      ...node,
      id: name(node.id),
      ...(node.config ? { config: withReferences(node.config, renamed) } : {}),
      ...(node.body ? { body: withIds(node.body, renamed) } : {}),
      ...(node.catch ? { catch: withIds(node.catch, renamed) } : {}),
      ...(node.finally ? { finally: withIds(node.finally, renamed) } : {}),
    })),
    edges: level.edges.map((edge) => {
      const port = edge.port ?? "out";
      return { ...edge, id: edgeId(name(edge.from), port, name(edge.to)), from: name(edge.from), to: name(edge.to) };
    }),
  };
}

const REFERENCE = /\b(nodes|loops)\.([A-Za-z_]\w*)(?=\.(?:output|item|index)\b)/g;

/** Expressions among copied nodes speak of the copies; those that speak of others stay. */
function withReferences<T>(value: T, renamed: Map<string, string>): T {
  if (typeof value === "string") {
    const text = value.replace(REFERENCE, (whole, root: string, id: string) => {
      const now = renamed.get(id);
      return now === undefined ? whole : `${root}.${now}`;
    });
    return text as T;
  }
  if (Array.isArray(value)) return value.map((entry: unknown) => withReferences(entry, renamed)) as T;
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withReferences(entry, renamed)])) as T;
  }
  return value;
}

/** Copy and paste: what is copied is a piece of a graph in the form in which graphs are stored. */

import type { Graph, GraphNode, Home, Level, Note, Point } from "./graph";
import { isObject, nodeOf, placesOf, readGraph, withLevel } from "./graph";
import { START } from "./declarations";
import { outermost } from "./moves";
import { freshId, idsOf, renewed } from "./ids";
import { boxesOf, onGrid, positionOf } from "./geometry";
import { madeRoom } from "./room";

export interface Pasted {
  graph: Graph;
  ids: Set<string>;
}

/** The nodes and notes of a selection with the edges between them, as JSON; null when nothing can be copied. */
export function copied(graph: Graph, ids: ReadonlySet<string>): Graph | null {
  const chosen = new Set(outermost(graph, ids).filter((id) => nodeOf(graph, id)?.type !== START));
  const boxes = boxesOf(graph);
  const nodes: GraphNode[] = [];
  const edges: Level["edges"] = [];
  for (const id of chosen) {
    const place = placesOf(graph).get(id);
    const box = boxes.get(id);
    if (!place || !box) continue;
    nodes.push({ ...place.node, position: { x: box.x, y: box.y } });
    edges.push(...place.level.edges.filter((edge) => edge.from === id && chosen.has(edge.to)));
  }
  const notes = (graph.notes ?? []).filter((note) => ids.has(note.id));
  return nodes.length + notes.length > 0 ? { schemaVersion: 1, nodes, edges, notes } : null;
}

/** Reads what somebody pasted: a copied piece, a whole graph or an exported workflow. Null for any other text. */
export function readPasted(text: string): Graph | null {
  if (!text.trimStart().startsWith("{")) return null;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return null;
  }
  if (isObject(document) && isObject(document["graph"])) document = document["graph"];
  if (!isObject(document) || !Array.isArray(document["nodes"])) return null;
  return readGraph(document);
}

/** Adds a piece to a home with new ids, its near corner at `at` (a position within the home). */
export function pasted(graph: Graph, piece: Graph, home: Home, at: Point): Pasted {
  const taken = idsOf(graph);
  const wanted: Level = {
    nodes: piece.nodes.filter((node) => node.type !== START),
    edges: piece.edges,
  };
  const known = new Set(wanted.nodes.map((node) => node.id));
  wanted.edges = wanted.edges.filter((edge) => known.has(edge.from) && known.has(edge.to));
  const { level } = renewed(wanted, taken);
  const notes = home.container === null ? (piece.notes ?? []) : [];
  const corner = nearCorner([...level.nodes, ...notes]);
  const place = <T extends { position?: Point }>(thing: T): T => ({
    ...thing,
    position: onGrid({ x: positionOf(thing).x - corner.x + at.x, y: positionOf(thing).y - corner.y + at.y }),
  });
  const nodes = level.nodes.map(place);
  const newNotes: Note[] = notes.map((note) => place({ ...note, id: freshId(note.id, taken) }));
  const next = withLevel(graph, home, (before) => ({
    nodes: [...before.nodes, ...nodes],
    edges: [...before.edges, ...level.edges],
  }));
  const whole = newNotes.length > 0 ? { ...next, notes: [...(next.notes ?? []), ...newNotes] } : next;
  return {
    graph: madeRoom(graph, whole),
    ids: new Set([...nodes.map((node) => node.id), ...newNotes.map((note) => note.id)]),
  };
}

function nearCorner(things: { position?: Point }[]): Point {
  const places = things.map(positionOf);
  return { x: Math.min(...places.map((place) => place.x)), y: Math.min(...places.map((place) => place.y)) };
}

/** Sticky notes: text beside the nodes that no execution reads. */

import type { Graph, Note, Point, Size } from "./graph";
import { freshId, idsOf } from "./ids";
import { NOTE, onGrid } from "./geometry";

export function addNote(graph: Graph, position: Point): { graph: Graph; id: string } {
  const id = freshId("note", idsOf(graph));
  const note: Note = { id, text: "", position: onGrid(position), size: NOTE };
  return { graph: { ...graph, notes: [...(graph.notes ?? []), note] }, id };
}

export function changeNote(graph: Graph, id: string, change: { text?: string; size?: Size }): Graph {
  return { ...graph, notes: (graph.notes ?? []).map((note) => (note.id === id ? { ...note, ...change } : note)) };
}

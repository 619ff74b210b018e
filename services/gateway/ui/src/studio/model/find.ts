/** Finds nodes and notes by what a person remembers of them: name, type, id, or a word in their settings. */

import type { Graph, GraphNode } from "./graph";
import { walk } from "./graph";

export interface Found {
  id: string;
  title: string;
  /** Where it was found, when not in the name. */
  detail: string;
}

export const MOST_FOUND = 100;

/** The best matches first: names, then types and ids, then settings, then notes. */
export function find(graph: Graph, text: string): Found[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return [];
  const ranked: { rank: number; found: Found }[] = [];
  for (const node of walk(graph)) {
    const match = matched(node, wanted);
    if (match) ranked.push(match);
  }
  for (const note of graph.notes ?? []) {
    if (note.text.toLowerCase().includes(wanted)) {
      ranked.push({ rank: 4, found: { id: note.id, title: "Note", detail: excerpt(note.text, wanted) } });
    }
  }
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST_FOUND)
    .map(({ found }) => found);
}

function matched(node: GraphNode, wanted: string): { rank: number; found: Found } | null {
  const title = node.name || node.id;
  const at = title.toLowerCase().indexOf(wanted);
  if (at >= 0) return { rank: at === 0 ? 0 : 1, found: { id: node.id, title, detail: node.type } };
  if (node.type.toLowerCase().includes(wanted) || node.id.toLowerCase().includes(wanted)) {
    return { rank: 2, found: { id: node.id, title, detail: `${node.type} · ${node.id}` } };
  }
  const settings = JSON.stringify(node.config ?? {}) + (node.description ?? "");
  if (!settings.toLowerCase().includes(wanted)) return null;
  return { rank: 3, found: { id: node.id, title, detail: excerpt(settings, wanted) } };
}

function excerpt(text: string, wanted: string): string {
  const at = text.toLowerCase().indexOf(wanted);
  const from = Math.max(0, at - 24);
  const to = Math.min(text.length, at + wanted.length + 36);
  return `${from > 0 ? "…" : ""}${text.slice(from, to).replace(/\s+/g, " ")}${to < text.length ? "…" : ""}`;
}

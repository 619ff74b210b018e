/** What a person can do in the editor, whichever way they ask for it: key, menu, button or mouse. */

import { copied, pasted, readPasted } from "../model/clipboard";
import type { Connection } from "../model/connections";
import { refusal } from "../model/connections";
import type { Declaration } from "../model/declarations";
import { portOf, portsOf, START } from "../model/declarations";
import { addNode, connect, freePlace, insertOnEdge, newNode, remove } from "../model/edits";
import { changeFields } from "../model/fields";
import { GAP, NODE, positionOf, sizeOf, spanOf } from "../model/geometry";
import type { Graph, Home, Point } from "../model/graph";
import { levelAt, nodeOf, placesOf, TOP } from "../model/graph";
import { originOf, within } from "../model/homes";
import { shift } from "../model/moves";
import { addNote } from "../model/notes";
import { tidied } from "../model/tidy";
import type { Studio } from "./context";
import type { Adding } from "./store";

const BESIDE = 24;

/** Where a node goes that is added now: behind the chosen one, else where the person looks. */
export function placeForNext({ editor, catalogue }: Studio, centre: Point): Adding {
  const { graph, chosen, chosenEdges } = editor.getState();
  const [edge] = chosenEdges;
  const onEdge = edge === undefined ? null : homeOfEdge(graph, edge);
  if (edge !== undefined && onEdge) return { home: onEdge, at: null, after: null, edge };
  const [id] = [...chosen].reverse();
  const place = id === undefined ? undefined : placesOf(graph).get(id);
  if (!place) return { home: TOP, at: centre, after: null, edge: null };
  const ports = portsOf(place.node, catalogue.get(place.node.type));
  const used = (port: string) =>
    place.level.edges.filter((each) => each.from === place.node.id && portOf(each) === port);
  const port = ports.find((candidate) => used(candidate).length === 0) ?? ports[0];
  if (port === undefined) return { home: place.home, at: null, after: null, edge: null };
  const taken = used(port);
  const only = taken.length === 1 ? taken[0] : undefined;
  return { home: place.home, at: null, after: { from: place.node.id, port }, edge: only?.id ?? null };
}

function homeOfEdge(graph: Graph, id: string): Home | null {
  for (const place of placesOf(graph).values()) {
    if (place.level.edges.some((edge) => edge.id === id)) return place.home;
  }
  return null;
}

/** Adds a node where `adding` says, chooses it and answers its id. */
export function add(studio: Studio, declaration: Declaration, adding: Adding): string | null {
  const { editor } = studio;
  let added: string | null = null;
  editor.getState().edit((graph) => {
    const inserted =
      adding.edge === null ? null : insertOnEdge(graph, adding.home, adding.edge, declaration, stepFor(declaration));
    const result =
      inserted ??
      addNode(graph, declaration, adding.home, placeOf(studio, graph, declaration, adding), adding.after ?? undefined);
    added = result.id;
    return result.graph;
  });
  if (added !== null) editor.getState().choose([added]);
  editor.getState().show({ adding: null, settingsTab: "settings" });
  return added;
}

/** How far what follows moves down for a node of this type. */
function stepFor(declaration: Declaration): number {
  return (declaration.containers.length > 0 ? 3 : 1) * (NODE.height + GAP.down);
}

function placeOf({ catalogue }: Studio, graph: Graph, declaration: Declaration, { home, at, after }: Adding): Point {
  const size = sizeOf(newNode(declaration, "", { x: 0, y: 0 }));
  const source = after === null ? undefined : nodeOf(graph, after.from);
  if (at !== null) return freePlace(graph, home, within(graph, home, at), size);
  if (source && after) {
    const place = positionOf(source);
    const from = sizeOf(source);
    const ports = portsOf(source, catalogue.get(source.type));
    const aside = ports.indexOf(after.port) > 0;
    const near = { x: place.x + (from.width - size.width) / 2, y: place.y + from.height + GAP.down };
    return freePlace(graph, home, near, size, aside);
  }
  const lowest = levelAt(graph, home).nodes.map((node) => positionOf(node).y + sizeOf(node).height + GAP.down);
  return freePlace(graph, home, { x: 0, y: Math.max(0, ...lowest) }, size);
}

/** Connects two nodes, or says why not. */
export function join({ editor, catalogue }: Studio, connection: Connection): string | null {
  const reason = refusal(editor.getState().graph, connection, catalogue);
  if (reason === null) editor.getState().edit((graph) => connect(graph, connection));
  return reason;
}

export function removeChosen({ editor }: Studio): void {
  const { chosen, chosenEdges, edit, choose } = editor.getState();
  edit((graph) => remove(graph, chosen, chosenEdges));
  choose([...chosen].filter((id) => nodeOf(editor.getState().graph, id)?.type === START));
}

export function shiftChosen({ editor }: Studio, by: Point): void {
  const { chosen, edit } = editor.getState();
  edit((graph) => shift(graph, chosen, by), `shift:${[...chosen].join()}`);
}

export function toggleDisabled({ editor, catalogue }: Studio): void {
  const { chosen, graph, edit } = editor.getState();
  const nodes = [...chosen].flatMap((id) => nodeOf(graph, id) ?? []).filter((node) => node.type !== START);
  const disabled = nodes.some((node) => !node.disabled);
  edit((before) =>
    nodes.reduce((next, node) => changeFields(next, node.id, { disabled: disabled || undefined }, catalogue), before),
  );
}

export function tidy({ editor }: Studio): void {
  editor.getState().edit((graph) => tidied(graph));
}

export function writeNote({ editor }: Studio, at: Point): void {
  let id: string | null = null;
  editor.getState().edit((graph) => {
    const added = addNote(graph, at);
    id = added.id;
    return added.graph;
  });
  if (id !== null) editor.getState().choose([id]);
}

export function chooseAll({ editor }: Studio): void {
  const { graph, choose } = editor.getState();
  choose([...graph.nodes, ...(graph.notes ?? [])].map((thing) => thing.id));
}

/** What is chosen as text for the clipboard; null when there is nothing to copy. */
export function copyText({ editor }: Studio): string | null {
  const { graph, chosen } = editor.getState();
  const piece = copied(graph, chosen);
  return piece === null ? null : JSON.stringify(piece, null, 2);
}

/** Pastes text beside what is chosen, in the same home, else where the person looks. False for any other text. */
export function pasteText({ editor }: Studio, text: string, centre: Point): boolean {
  const piece = readPasted(text);
  if (piece === null) return false;
  editor.getState().edit((graph) => {
    const [id] = editor.getState().chosen;
    const home = (id === undefined ? undefined : placesOf(graph).get(id)?.home) ?? TOP;
    const at = freePlace(graph, home, near(graph, home, id, centre), spanOf(piece.nodes));
    const result = pasted(graph, piece, home, at);
    editor.getState().choose(result.ids);
    return result.graph;
  });
  return true;
}

function near(graph: Graph, home: Home, id: string | undefined, centre: Point): Point {
  const node = id === undefined ? undefined : nodeOf(graph, id);
  if (node) return { x: positionOf(node).x + BESIDE, y: positionOf(node).y + NODE.height + BESIDE };
  const origin = originOf(graph, home);
  return { x: centre.x - origin.x, y: centre.y - origin.y };
}

export function duplicateChosen(studio: Studio, centre: Point): void {
  const text = copyText(studio);
  if (text !== null) pasteText(studio, text, centre);
}

/** The nearest node in a direction from the chosen one, for walking the canvas by keyboard. */
export function neighbour(
  boxes: ReadonlyMap<string, { x: number; y: number; width: number; height: number }>,
  from: string,
  direction: Point,
): string | null {
  const here = boxes.get(from);
  if (!here) return null;
  let best: { id: string; cost: number } | null = null;
  for (const [id, box] of boxes) {
    if (id === from) continue;
    const dx = box.x + box.width / 2 - here.x - here.width / 2;
    const dy = box.y + Math.min(box.height, NODE.height) / 2 - here.y - Math.min(here.height, NODE.height) / 2;
    const along = dx * direction.x + dy * direction.y;
    const aside = Math.abs(dx * direction.y) + Math.abs(dy * direction.x);
    if (along <= 1) continue;
    const cost = along + 2 * aside;
    if (best === null || cost < best.cost) best = { id, cost };
  }
  return best?.id ?? null;
}

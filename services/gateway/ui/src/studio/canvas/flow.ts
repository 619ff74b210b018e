/**
 * The graph in the form in which React Flow draws it. What did not change keeps its identity, so that only what changed
 * is drawn again; sizes and handles are given, so that nothing has to be measured first.
 */
import type { Edge as FlowEdge, Node as FlowNode, NodeHandle } from "@xyflow/react";
import { Position } from "@xyflow/react";

import type { Catalogue, Declaration } from "../model/declarations";
import { DEFAULT_PORT, ERROR_PORT, portOf, portsOf, START } from "../model/declarations";
import type { Edge, Graph, GraphNode, Home, Level, Note, Point, Size } from "../model/graph";
import { isContainer, lanesOf } from "../model/graph";
import { laneOrigin, NOTE, positionOf, sizeOf } from "../model/geometry";

export const IN = "in";

export type StepData = { node: GraphNode; declaration: Declaration | undefined; ports: string[] };
export type NoteData = { note: Note };
export type EdgeData = {
  port: string;
  home: Home;
  /** One of several from its node: it turns where it begins, so that a branching looks like one. */
  fans: boolean;
};
export type StepFlowNode = FlowNode<StepData, "step" | "container">;
export type NoteFlowNode = FlowNode<NoteData, "note">;
export type CanvasNode = StepFlowNode | NoteFlowNode;
export type CanvasEdge = FlowEdge<EdgeData, "way">;

/** The arrays of one canvas, and what is needed to reuse their entries the next time. */
export class FlowMaker {
  private nodes = new Map<string, { key: unknown[]; made: CanvasNode }>();
  private edges = new Map<string, { key: unknown[]; made: CanvasEdge }>();

  /** Parents come before what stands in them. `dragged` are places that are not in the graph yet. */
  makeNodes(
    graph: Graph,
    catalogue: Catalogue,
    chosen: ReadonlySet<string>,
    dragged: ReadonlyMap<string, Point>,
  ): CanvasNode[] {
    const made: CanvasNode[] = [];
    const known = this.nodes;
    this.nodes = new Map();
    const keep = (id: string, key: unknown[], make: () => CanvasNode) => {
      const before = known.get(id);
      const entry = before && sameKey(before.key, key) ? before : { key, made: make() };
      this.nodes.set(id, entry);
      made.push(entry.made);
    };
    const level = (content: Level, parent: GraphNode | null, origin: Point) => {
      for (const node of content.nodes) {
        const place = dragged.get(node.id) ?? plus(origin, positionOf(node));
        const declaration = catalogue.get(node.type);
        const selected = chosen.has(node.id);
        keep(node.id, [node, declaration, place.x, place.y, selected, parent?.id], () =>
          stepNode(node, declaration, place, selected, parent?.id),
        );
        for (const lane of lanesOf(node)) {
          level(node[lane] ?? { nodes: [], edges: [] }, node, laneOrigin(node, lane));
        }
      }
    };
    for (const note of graph.notes ?? []) {
      const place = dragged.get(note.id) ?? positionOf(note);
      const selected = chosen.has(note.id);
      keep(note.id, [note, place.x, place.y, selected], () => noteNode(note, place, selected));
    }
    level(graph, null, { x: 0, y: 0 });
    return made;
  }

  makeEdges(graph: Graph, chosen: ReadonlySet<string>): CanvasEdge[] {
    const made: CanvasEdge[] = [];
    const known = this.edges;
    this.edges = new Map();
    const level = (content: Level, home: Home) => {
      const there = new Set(content.nodes.map((node) => node.id));
      const from = Map.groupBy(content.edges, (edge) => edge.from);
      for (const edge of content.edges) {
        if (!there.has(edge.from) || !there.has(edge.to)) continue;
        const fans = (from.get(edge.from)?.length ?? 0) > 1;
        const key = [edge, chosen.has(edge.id), home.container, home.lane, fans];
        const before = known.get(edge.id);
        const entry =
          before && sameKey(before.key, key) ? before : { key, made: wayEdge(edge, home, chosen.has(edge.id), fans) };
        this.edges.set(edge.id, entry);
        made.push(entry.made);
      }
      for (const node of content.nodes) {
        for (const lane of lanesOf(node)) level(node[lane] ?? { nodes: [], edges: [] }, { container: node.id, lane });
      }
    };
    level(graph, { container: null, lane: "body" });
    return made;
  }
}

function stepNode(
  node: GraphNode,
  declaration: Declaration | undefined,
  position: Point,
  selected: boolean,
  parentId: string | undefined,
): StepFlowNode {
  const size = sizeOf(node);
  const ports = portsOf(node, declaration);
  return {
    id: node.id,
    type: isContainer(node) ? "container" : "step",
    position,
    data: { node, declaration, ports },
    selected,
    ...size,
    measured: size,
    handles: handlesOf(node, ports, size),
    ariaRole: "group",
    ariaLabel: `${node.name || node.id}, ${declaration?.title ?? node.type}`,
    ...(parentId === undefined ? {} : { parentId }),
  };
}

function noteNode(note: Note, position: Point, selected: boolean): NoteFlowNode {
  const size = note.size ?? NOTE;
  return {
    id: note.id,
    type: "note",
    position,
    data: { note },
    selected,
    ...size,
    measured: size,
    ariaLabel: "Note",
    zIndex: -1,
  };
}

function wayEdge(edge: Edge, home: Home, selected: boolean, fans: boolean): CanvasEdge {
  const port = portOf(edge);
  return {
    id: edge.id,
    type: "way",
    source: edge.from,
    target: edge.to,
    sourceHandle: port,
    targetHandle: IN,
    data: { port, home, fans },
    selected,
    focusable: false,
  };
}

/** Ways in at the top, ways out at the bottom side by side, the error port on the right. */
export function handlesOf(node: GraphNode, ports: readonly string[], size: Size): NodeHandle[] {
  const handles: NodeHandle[] = [];
  if (node.type !== START) handles.push({ id: IN, type: "target", position: Position.Top, x: size.width / 2, y: 0 });
  const regular = ports.filter((port) => port !== ERROR_PORT);
  regular.forEach((port, index) => {
    const x = portX(index, regular.length, size.width);
    handles.push({ id: port, type: "source", position: Position.Bottom, x, y: size.height });
  });
  if (ports.includes(ERROR_PORT)) {
    handles.push({ id: ERROR_PORT, type: "source", position: Position.Right, x: size.width, y: ERROR_Y });
  }
  return handles;
}

export const ERROR_Y = 22;

/** Where a way out stands along the lower edge. */
export function portX(index: number, count: number, width: number): number {
  return (width * (2 * index + 1)) / (2 * count);
}

/** Only where there is a choice does a way out need its name. */
export function namedPorts(ports: readonly string[]): boolean {
  const regular = ports.filter((port) => port !== ERROR_PORT);
  return regular.length > 1 || (regular.length === 1 && regular[0] !== DEFAULT_PORT);
}

function plus(a: Point, b: Point): Point {
  return { x: a.x + b.x, y: a.y + b.y };
}

function sameKey(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

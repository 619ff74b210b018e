/** Dragging nodes: they follow the pointer without touching the graph, and become one step when they are let go. */
import { useReactFlow, type NodeChange, type OnNodeDrag, type SelectionDragHandler } from "@xyflow/react";
import { useContext, useMemo, useState } from "react";

import type { Graph, Home, Point } from "../model/graph";
import { placesOf, sameHome, TOP } from "../model/graph";
import { boxesOf, onGrid } from "../model/geometry";
import { homeAt, within } from "../model/homes";
import { moveTo, outermost, reparent } from "../model/moves";
import { useStudio } from "../state/context";
import type { EditorStore } from "../state/store";
import { FactsContext } from "./facts";
import type { CanvasNode } from "./flow";

const NOWHERE: ReadonlyMap<string, Point> = new Map();

interface Dragging {
  places: ReadonlyMap<string, Point>;
  follow: (changes: NodeChange<CanvasNode>[]) => void;
  /** Shows the lane under a point as the target. */
  aim: (at: Point | null) => void;
  onDrag: OnNodeDrag<CanvasNode>;
  onStop: OnNodeDrag<CanvasNode>;
  onSelectionDrag: SelectionDragHandler<CanvasNode>;
  onSelectionStop: SelectionDragHandler<CanvasNode>;
}

export function useDragging(): Dragging {
  const { editor } = useStudio();
  const facts = useContext(FactsContext);
  const { screenToFlowPosition } = useReactFlow();
  const [places, setPlaces] = useState(NOWHERE);
  return useMemo(() => {
    const aimAt = (at: Point | null, moving: ReadonlySet<string>) => {
      const home = at === null ? TOP : homeAt(editor.getState().graph, at, moving);
      const target = home.container === null ? null : `${home.container}/${home.lane}`;
      if (facts && facts.getState().target !== target) facts.setState({ target });
    };
    const drag = (event: { clientX?: number; clientY?: number }, nodes: CanvasNode[]) =>
      aimAt(pointOf(event, screenToFlowPosition), idsOf(nodes));
    const stop = (event: { clientX?: number; clientY?: number }, nodes: CanvasNode[]) => {
      const at = pointOf(event, screenToFlowPosition);
      setPlaces(NOWHERE);
      aimAt(null, new Set());
      drop(editor, nodes, at);
    };
    return {
      places,
      follow: (changes) => {
        const moved = changes.flatMap((change) =>
          change.type === "position" && change.dragging && change.position
            ? [[change.id, change.position] as const]
            : [],
        );
        if (moved.length > 0) setPlaces((before) => new Map([...before, ...moved]));
      },
      aim: (at) => aimAt(at, new Set()),
      onDrag: (event, _node, nodes) => drag(event as { clientX?: number }, nodes),
      onStop: (event, _node, nodes) => stop(event as { clientX?: number }, nodes),
      onSelectionDrag: (event, nodes) => drag(event, nodes),
      onSelectionStop: (event, nodes) => stop(event, nodes),
    };
  }, [editor, facts, places, screenToFlowPosition]);
}

function pointOf(event: { clientX?: number; clientY?: number }, convert: (point: Point) => Point): Point | null {
  return event.clientX === undefined || event.clientY === undefined
    ? null
    : convert({ x: event.clientX, y: event.clientY });
}

function idsOf(nodes: CanvasNode[]): Set<string> {
  return new Set(nodes.map((node) => node.id));
}

/** One step: into the home under the pointer, at the places the nodes were let go. */
function drop(editor: EditorStore, nodes: CanvasNode[], at: Point | null): void {
  editor.getState().edit((graph) => {
    const moving = new Set(outermost(graph, idsOf(nodes)));
    const absolute = new Map<string, Point>();
    for (const node of nodes) {
      if (moving.has(node.id) || node.type === "note") absolute.set(node.id, absolutePlace(graph, node));
    }
    const [first] = moving;
    const from = first === undefined ? TOP : (placesOf(graph).get(first)?.home ?? TOP);
    const onlyNotes = moving.size === 0;
    const home = onlyNotes || at === null ? from : homeAt(graph, at, moving);
    const local = new Map([...absolute].map(([id, place]) => [id, localPlace(graph, home, place)]));
    return sameHome(home, from) ? moveTo(graph, local) : reparent(graph, home, local);
  });
}

function absolutePlace(graph: Graph, node: CanvasNode): Point {
  const parent = node.parentId === undefined ? undefined : boxesOf(graph).get(node.parentId);
  return { x: (parent?.x ?? 0) + node.position.x, y: (parent?.y ?? 0) + node.position.y };
}

function localPlace(graph: Graph, home: Home, absolute: Point): Point {
  const place = onGrid(within(graph, home, absolute));
  return home.container === null ? place : { x: Math.max(0, place.x), y: Math.max(0, place.y) };
}

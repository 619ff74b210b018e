/** The canvas on which a workflow is drawn and edited. What it changes goes through the editor as undoable steps. */
import {
  Background,
  BackgroundVariant,
  ConnectionLineType,
  ReactFlow,
  SelectionMode,
  useReactFlow,
  useStoreApi,
  type EdgeChange,
  type NodeChange,
} from "@xyflow/react";
import { useCallback, useMemo, useState, type DragEvent, type ReactNode } from "react";

import { changeNote } from "../model/notes";
import type { Home, Point } from "../model/graph";
import { useEditor, useStudio } from "../state/context";
import { remove } from "../model/edits";
import { FlowMaker, type CanvasEdge, type CanvasNode } from "./flow";
import { showFirst } from "./firstView";
import { EDGE_TYPES, NODE_TYPES, ZOOM } from "./kinds";
import { NoteContext } from "./NoteNode";
import { InsertContext } from "./WayEdge";
import { useConnecting } from "./useConnecting";
import { useDragging } from "./useDragging";
import classes from "./Canvas.module.css";
import "@xyflow/react/dist/base.css";

/** What the palette puts on a drag: the node type. */
export const DRAGGED_TYPE = "application/x-exekra-node-type";

/** So many nodes are all kept drawn: panning then moves one layer. Drawing those that come into view costs frames. */
const ALL_DRAWN = 800;

interface CanvasProps {
  onDropType: (type: string, at: Point) => void;
  onOpen: () => void;
  children?: ReactNode;
}

export function Canvas({ onDropType, onOpen, children }: CanvasProps) {
  const { editor, catalogue } = useStudio();
  const graph = useEditor((state) => state.graph);
  const chosen = useEditor((state) => state.chosen);
  const chosenEdges = useEditor((state) => state.chosenEdges);
  const readOnly = useEditor((state) => state.readOnly);
  const flow = useReactFlow<CanvasNode, CanvasEdge>();
  const canvas = useStoreApi();
  const dragging = useDragging();
  const connecting = useConnecting();
  const [made] = useState(() => new FlowMaker());
  const nodes = useMemo(
    () => made.makeNodes(graph, catalogue, chosen, dragging.places),
    [made, graph, catalogue, chosen, dragging.places],
  );
  const edges = useMemo(() => made.makeEdges(graph, chosenEdges), [made, graph, chosenEdges]);

  const onNodesChange = useCallback(
    (changes: NodeChange<CanvasNode>[]) => {
      dragging.follow(changes);
      const after = new Set(editor.getState().chosen);
      for (const change of changes) {
        if (change.type === "select") {
          if (change.selected) after.add(change.id);
          else after.delete(change.id);
        }
      }
      editor.getState().choose(after, editor.getState().chosenEdges);
    },
    [editor, dragging],
  );
  const onEdgesChange = useCallback(
    (changes: EdgeChange<CanvasEdge>[]) => {
      const after = new Set(editor.getState().chosenEdges);
      for (const change of changes) {
        if (change.type === "select") {
          if (change.selected) after.add(change.id);
          else after.delete(change.id);
        }
      }
      editor.getState().choose(editor.getState().chosen, after);
    },
    [editor],
  );
  const onDrop = (event: DragEvent) => {
    const type = event.dataTransfer.getData(DRAGGED_TYPE);
    dragging.aim(null);
    if (!type) return;
    event.preventDefault();
    onDropType(type, flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }));
  };
  const onDragOver = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes(DRAGGED_TYPE)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    dragging.aim(flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }));
  };
  const insert = useCallback(
    (edge: string, home: Home) => editor.getState().show({ adding: { home, at: null, after: null, edge } }),
    [editor],
  );
  const saveNote = useCallback(
    (id: string, text: string) => {
      editor.getState().edit((before) => {
        const note = before.notes?.find((each) => each.id === id);
        if (text.trim() === "") return remove(before, new Set([id]));
        return note?.text === text ? before : changeNote(before, id, { text });
      });
    },
    [editor],
  );

  return (
    <InsertContext value={readOnly ? null : insert}>
      <NoteContext value={readOnly ? null : saveNote}>
        <ReactFlow<CanvasNode, CanvasEdge>
          className={classes["canvas"] ?? ""}
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          onNodesChange={onNodesChange}
          onEdgesChange={onEdgesChange}
          onNodeDrag={dragging.onDrag}
          onNodeDragStop={dragging.onStop}
          onSelectionDrag={dragging.onSelectionDrag}
          onSelectionDragStop={dragging.onSelectionStop}
          onNodeDoubleClick={onOpen}
          onConnect={connecting.onConnect}
          onConnectEnd={connecting.onConnectEnd}
          isValidConnection={connecting.isValid}
          onDrop={onDrop}
          onDragOver={onDragOver}
          onDragLeave={() => dragging.aim(null)}
          connectionLineType={ConnectionLineType.SmoothStep}
          connectionRadius={24}
          selectionMode={SelectionMode.Partial}
          nodesDraggable={!readOnly}
          nodesConnectable={!readOnly}
          nodesFocusable={false}
          edgesFocusable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          multiSelectionKeyCode={["Control", "Meta"]}
          panOnScroll
          zoomOnDoubleClick={false}
          onlyRenderVisibleElements={nodes.length > ALL_DRAWN}
          minZoom={ZOOM.least}
          maxZoom={ZOOM.most}
          onInit={(instance) => {
            const { width, height } = canvas.getState();
            showFirst(instance, editor.getState().graph, { width, height });
          }}
          proOptions={{ hideAttribution: true }}
        >
          <Background variant={BackgroundVariant.Dots} gap={24} size={1.4} color="var(--canvas-dot)" />
          {children}
        </ReactFlow>
      </NoteContext>
    </InsertContext>
  );
}

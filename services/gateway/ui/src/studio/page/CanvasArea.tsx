/** Palette and canvas, with everything that floats over it. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconMaximize, IconMinus, IconPlus } from "@tabler/icons-react";
import { MiniMap, useReactFlow, useStore } from "@xyflow/react";
import { useMemo, useRef, useState, type MouseEvent } from "react";

import { Canvas } from "../canvas/Canvas";
import { useCentre } from "../canvas/useCentre";
import { useReveal } from "../canvas/useReveal";
import type { CanvasNode } from "../canvas/flow";
import { GraphView } from "../GraphView";
import type { Declaration } from "../model/declarations";
import { nodeOf, type Point } from "../model/graph";
import { homeAt } from "../model/homes";
import { AddDialog } from "../palette/AddDialog";
import { Palette } from "../palette/Palette";
import { LiveBar } from "../run/LiveBar";
import { useRun } from "../run/useRun";
import { NodeMenuItems } from "../settings/NodeMenu";
import { add, placeForNext } from "../state/actions";
import { useEditor, useStudio } from "../state/context";
import { ConnectDialog } from "./ConnectDialog";
import { FindBar } from "./FindBar";
import { Announcer } from "./Announcer";
import { useCanvasKeys } from "./useCanvasKeys";
import { useNodeAddress } from "./useNodeAddress";
import { useStudioKeys } from "./useStudioKeys";
import classes from "./Page.module.css";

export function CanvasArea({ phone }: { phone: boolean }) {
  return phone ? <PhoneCanvas /> : <DeskCanvas />;
}

/** To look at only: pan, zoom, and what each node is and did. */
function PhoneCanvas() {
  const { editor } = useStudio();
  const graph = useEditor((state) => state.graph);
  const [chosen] = useEditor((state) => state.chosen);
  const { view, showTurn } = useRun();
  const [facts, edgeFacts] = useMemo(() => [view.facts(), view.edgeFacts()], [view]);
  return (
    <div className={classes["canvas"]}>
      <GraphView
        graph={graph}
        facts={facts}
        edgeFacts={edgeFacts}
        chosen={chosen ?? null}
        onChoose={(id) => editor.getState().choose(id === null ? [] : [id])}
        onTurn={showTurn}
      />
      <LiveBar />
    </div>
  );
}

function DeskCanvas() {
  const studio = useStudio();
  const { editor } = studio;
  const adding = useEditor((state) => state.adding);
  const finding = useEditor((state) => state.finding);
  const connecting = useEditor((state) => state.connecting);
  const readOnly = useEditor((state) => state.readOnly);
  const search = useRef<HTMLInputElement>(null);
  const area = useRef<HTMLDivElement>(null);
  const centre = useCentre();
  const reveal = useReveal();
  const [menu, setMenu] = useState<Point | null>(null);
  const keys = useCanvasKeys(area);
  useStudioKeys();
  useNodeAddress();
  const pick = (declaration: Declaration, at: Point | null = null) => {
    const wanted = editor.getState().adding ?? (at ? dropAt(at) : placeForNext(studio, centre()));
    const added = add(studio, declaration, wanted);
    if (added !== null) reveal(added);
    area.current?.focus();
  };
  const dropAt = (at: Point) => ({
    home: homeAt(editor.getState().graph, at),
    at: { x: at.x - 112, y: at.y - 22 },
    after: null,
    edge: null,
  });
  const onContextMenu = (event: MouseEvent) => {
    const id =
      event.target instanceof Element ? event.target.closest(".react-flow__node")?.getAttribute("data-id") : null;
    if (!id || readOnly) return;
    event.preventDefault();
    if (!editor.getState().chosen.has(id)) editor.getState().choose([id]);
    setMenu({ x: event.clientX, y: event.clientY });
  };
  return (
    <>
      {readOnly ? <span /> : <Palette search={search} onPick={(declaration) => pick(declaration)} />}
      <div
        className={classes["canvas"]}
        ref={area}
        tabIndex={0}
        role="application"
        aria-label="Canvas. Press ? for the keys."
        data-testid="canvas"
        onContextMenu={onContextMenu}
        {...keys}
      >
        <Canvas
          onOpen={() => editor.getState().show({ settingsTab: "settings" })}
          onDropType={(type, at) => {
            const declaration = studio.catalogue.get(type);
            if (declaration) pick(declaration, at);
          }}
        >
          <MiniMap<CanvasNode>
            className={classes["minimap"] ?? ""}
            nodeClassName={miniClass}
            nodeStrokeWidth={0}
            pannable
            zoomable
            ariaLabel="Overview"
          />
        </Canvas>
        <LiveBar />
        {finding && <FindBar />}
        <Zoom />
        <Announcer />
      </div>
      {adding && (
        <AddDialog
          where={whereOf(
            adding.after ? (nodeOf(editor.getState().graph, adding.after.from)?.name ?? "") : "",
            adding.edge !== null,
          )}
          onPick={(declaration) => pick(declaration)}
          onClose={() => {
            editor.getState().show({ adding: null });
            area.current?.focus();
          }}
        />
      )}
      {connecting !== null && <ConnectDialog from={connecting} />}
      {menu && (
        <Menu opened onClose={() => setMenu(null)} position="bottom-start">
          <Menu.Target>
            <i className={classes["anchor"]} style={{ left: menu.x, top: menu.y }} />
          </Menu.Target>
          <Menu.Dropdown>
            <NodeMenuItems />
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}

function whereOf(after: string, between: boolean): string {
  if (after) return `after “${after}”`;
  return between ? "in between" : "";
}

function miniClass(node: CanvasNode): string {
  return (
    (node.type === "container"
      ? classes["miniContainer"]
      : node.type === "note"
        ? classes["miniNote"]
        : classes["miniNode"]) ?? ""
  );
}

const EASE = { duration: 120 };

function Zoom() {
  const flow = useReactFlow();
  const percent = useStore((state) => Math.round(state.transform[2] * 100));
  return (
    <div className={classes["zoom"]}>
      <ActionIcon size={24} aria-label="Zoom out" onClick={() => void flow.zoomOut(EASE)}>
        <IconMinus size={15} />
      </ActionIcon>
      <button type="button" className="num sm" title="100%" onClick={() => void flow.zoomTo(1, EASE)}>
        {percent}%
      </button>
      <ActionIcon size={24} aria-label="Zoom in" onClick={() => void flow.zoomIn(EASE)}>
        <IconPlus size={15} />
      </ActionIcon>
      <ActionIcon
        size={24}
        aria-label="Show everything"
        onClick={() => void flow.fitView({ padding: 0.12, maxZoom: 1, ...EASE })}
      >
        <IconMaximize size={15} />
      </ActionIcon>
    </div>
  );
}

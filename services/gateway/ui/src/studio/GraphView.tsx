/**
 * A workflow to look at: the Studio's canvas without its tools. Pages show executions and comparisons with it.
 *
 * Bring it with `lazy(() => import("~/studio/GraphView"))`: it carries the canvas library.
 */
import {
  Background,
  BackgroundVariant,
  Controls,
  ReactFlow,
  ReactFlowProvider,
  type NodeMouseHandler,
} from "@xyflow/react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";

import { createFacts, FactsContext, setFacts, type EdgeFact, type NodeFacts } from "./canvas/facts";
import { FlowMaker, type CanvasEdge, type CanvasNode } from "./canvas/flow";
import { EDGE_TYPES, NODE_TYPES, ZOOM } from "./canvas/kinds";
import { TurnContext } from "./canvas/Turns";
import { nodeTypesQuery } from "./data/queries";
import type { Mark } from "./model/diff";
import type { Graph } from "./model/graph";
import { withoutOverlaps } from "./model/tidy";
import classes from "./canvas/Canvas.module.css";
import "@xyflow/react/dist/base.css";

interface GraphViewProps {
  /** As it is stored; `readGraph` makes one from the API's document. */
  graph: Graph;
  /** How nodes ran. `RunView` makes both from node runs. */
  facts?: ReadonlyMap<string, NodeFacts>;
  edgeFacts?: ReadonlyMap<string, EdgeFact>;
  /** What changed, for comparisons. */
  marks?: ReadonlyMap<string, Mark>;
  chosen?: string | null;
  onChoose?: (nodeId: string | null) => void;
  onTurn?: (loop: string, turn: number) => void;
}

const NOTHING = new Map<never, never>();
const WHOLE = { maxZoom: 1, padding: 0.12 };
/** Of so many nodes none could be read if all were shown: the view opens where something happened. */
const MANY = 150;
const READABLE = 0.72;

export function GraphView({ graph, facts, edgeFacts, marks, chosen = null, onChoose, onTurn }: GraphViewProps) {
  const { data: catalogue } = useQuery(nodeTypesQuery);
  const [store] = useState(createFacts);
  const [maker] = useState(() => new FlowMaker());
  const drawn = useMemo(() => withoutOverlaps(graph), [graph]);
  const nodes = useMemo(
    () => maker.makeNodes(drawn, catalogue ?? NOTHING, new Set(chosen === null ? [] : [chosen]), NOTHING),
    [maker, drawn, catalogue, chosen],
  );
  const edges = useMemo(() => maker.makeEdges(drawn, new Set()), [maker, drawn]);
  const failed = [...(facts ?? NOTHING)].find(([, fact]) => fact.status === "failed")?.[0];
  const first = chosen ?? failed ?? nodes[0]?.id;
  const view = nodes.length > MANY && first ? { nodes: [{ id: first }], maxZoom: READABLE } : WHOLE;
  useEffect(() => {
    const all = new Map<string, NodeFacts>(facts);
    for (const [id, mark] of marks ?? NOTHING) all.set(id, { ...all.get(id), mark });
    setFacts(store, all, new Map(edgeFacts));
  }, [store, facts, edgeFacts, marks]);
  const onClick: NodeMouseHandler<CanvasNode> = (_event, node) => onChoose?.(node.id);
  return (
    <FactsContext value={store}>
      <TurnContext value={onTurn ?? null}>
        <ReactFlowProvider>
          <ReactFlow<CanvasNode, CanvasEdge>
            className={classes["canvas"] ?? ""}
            nodes={nodes}
            edges={edges}
            nodeTypes={NODE_TYPES}
            edgeTypes={EDGE_TYPES}
            onNodeClick={onClick}
            onPaneClick={() => onChoose?.(null)}
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={onChoose !== undefined}
            edgesFocusable={false}
            deleteKeyCode={null}
            onlyRenderVisibleElements
            minZoom={ZOOM.least}
            maxZoom={ZOOM.most}
            fitView
            fitViewOptions={view}
            proOptions={{ hideAttribution: true }}
          >
            <Background variant={BackgroundVariant.Dots} gap={24} size={1.4} color="var(--canvas-dot)" />
            <Controls showInteractive={false} position="bottom-right" fitViewOptions={WHOLE} />
          </ReactFlow>
        </ReactFlowProvider>
      </TurnContext>
    </FactsContext>
  );
}

export default GraphView;

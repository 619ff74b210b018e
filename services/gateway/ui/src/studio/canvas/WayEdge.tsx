/** An edge: how it went in a run, and a button in its middle that puts a node there. */
import { BaseEdge, getSmoothStepPath, Position, type EdgeProps } from "@xyflow/react";
import { createContext, memo, useContext } from "react";

import type { Home } from "../model/graph";
import { useEdgeFact } from "./facts";
import type { CanvasEdge } from "./flow";
import classes from "./Edge.module.css";

/** Opens the list of nodes to put one on an edge; null where nothing is edited. */
export const InsertContext = createContext<((edge: string, home: Home, at: { x: number; y: number }) => void) | null>(
  null,
);

const RADIUS = 8;
/** How far an edge runs straight before it may turn: less than half of the smallest gap. */
const STRAIGHT = 10;
/** How far from its end an edge turns aside. */
const TURN = 20;

/** Edges that fan out turn below their node, others above the node they lead to; short ones in the middle. */
function bend({ sourceY, targetY, sourceX, targetX, sourcePosition, data }: EdgeProps<CanvasEdge>): {
  centerY?: number;
} {
  if (sourcePosition !== Position.Bottom || targetY - sourceY < 2 * TURN || sourceX === targetX) return {};
  return { centerY: data?.fans ? sourceY + TURN : targetY - TURN };
}

export const WayEdge = memo(function WayEdge(props: EdgeProps<CanvasEdge>) {
  const fact = useEdgeFact(props.id);
  const insert = useContext(InsertContext);
  const [path, x, y] = getSmoothStepPath({
    sourceX: props.sourceX,
    sourceY: props.sourceY,
    sourcePosition: props.sourcePosition,
    targetX: props.targetX,
    targetY: props.targetY,
    targetPosition: props.targetPosition,
    borderRadius: RADIUS,
    offset: STRAIGHT,
    ...bend(props),
  });
  const { data } = props;
  return (
    <g className={classes["way"]} data-fact={fact} data-port={data?.port} data-selected={props.selected || undefined}>
      <BaseEdge id={props.id} path={path} className={classes["line"] ?? ""} interactionWidth={16} />
      {insert && data && (
        <g
          className={classes["insert"]}
          transform={`translate(${x} ${y})`}
          onClick={(event) => {
            event.stopPropagation();
            insert(props.id, data.home, { x: event.clientX, y: event.clientY });
          }}
        >
          <title>Put a node here</title>
          <circle r={9} />
          <path d="M-4 0H4M0 -4V4" />
        </g>
      )}
    </g>
  );
});

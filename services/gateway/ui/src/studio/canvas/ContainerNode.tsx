/** A node that holds others: a heading with its settings in words, and one lane or several. */
import type { NodeProps } from "@xyflow/react";
import { memo } from "react";

import type { GraphNode, Lane } from "../model/graph";
import { laneRects, sizeOf } from "../model/geometry";
import { useIsTarget, useNodeFacts } from "./facts";
import type { StepFlowNode } from "./flow";
import { NodeIcon } from "~/shared/NodeIcon";
import { Ports } from "./Ports";
import { NodeState } from "./StepNode";
import { Turns } from "./Turns";
import classes from "./Node.module.css";

/** A narrower heading has no room for the strip of turns beside its name. */
const ROOM_FOR_STRIP = 420;
const LANE_NAMES: Record<Lane, string> = { body: "Body", catch: "Catch", finally: "Finally" };

export const ContainerNode = memo(function ContainerNode({ id, data, selected }: NodeProps<StepFlowNode>) {
  const facts = useNodeFacts(id);
  const { node, declaration, ports } = data;
  const lanes = laneRects(node);
  return (
    <div
      className={classes["container"]}
      data-status={facts.status}
      data-mark={facts.mark}
      data-severity={facts.severity}
      data-off={node.disabled || undefined}
      data-selected={selected || undefined}
      data-testid={`node-${id}`}
    >
      <Ports nodeId={id} ports={ports} start={false} />
      {facts.breakpoint && <i className={classes["breakpoint"]} title="Breakpoint" />}
      <header className={classes["head"]}>
        <NodeIcon icon={declaration?.icon} type={node.type} />
        <b title={node.name}>{node.name || node.id}</b>
        {facts.turns ? (
          <Turns containerId={id} facts={facts} strip={sizeOf(node).width >= ROOM_FOR_STRIP} />
        ) : (
          <span className={classes["words"]}>{inWords(node)}</span>
        )}
        <NodeState facts={facts} />
      </header>
      {lanes.map(({ lane, rect }, index) => (
        <LaneArea
          key={lane}
          nodeId={id}
          lane={lane}
          label={lanes.length > 1 ? LANE_NAMES[lane] : null}
          empty={node[lane]?.nodes.length === 0}
          first={index === 0}
          rect={rect}
        />
      ))}
    </div>
  );
});

interface LaneAreaProps {
  nodeId: string;
  lane: Lane;
  label: string | null;
  empty: boolean;
  first: boolean;
  rect: { x: number; y: number; width: number; height: number };
}

function LaneArea({ nodeId, lane, label, empty, first, rect }: LaneAreaProps) {
  const target = useIsTarget(nodeId, lane);
  const lift = label === null ? 0 : 26;
  return (
    <div
      className={classes["lane"]}
      data-first={first || undefined}
      data-target={target || undefined}
      style={{ left: rect.x, top: rect.y - lift, width: rect.width, height: rect.height + lift }}
    >
      {label && <span className={classes["laneLabel"]}>{label}</span>}
      {empty && <span className={classes["empty"]}>Drop nodes here</span>}
    </div>
  );
}

/** What a container is set to, said shortly. */
function inWords(node: GraphNode): string {
  const config = node.config ?? {};
  if (node.type === "control.forEach") {
    const parallel = config["parallel"];
    return parallel === undefined || parallel === 1 ? "one at a time" : `${String(parallel)} at a time`;
  }
  if (node.type === "control.while") return "as long as it holds";
  if (node.type === "control.try") return node.catch ? "failures go to Catch" : "failures go on";
  return "";
}

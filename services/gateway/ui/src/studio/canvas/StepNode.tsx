/** One node on the canvas: what it is, how it ran, what is wrong with it, its ways in and out. */
import { IconAlertTriangle, IconPinned } from "@tabler/icons-react";
import type { NodeProps } from "@xyflow/react";
import { memo } from "react";

import { StatusIcon } from "~/shared/Status";
import { START } from "../model/declarations";
import { useNodeFacts, type NodeFacts } from "./facts";
import type { StepFlowNode } from "./flow";
import { NodeIcon } from "~/shared/NodeIcon";
import { Ports } from "./Ports";
import { RunTime } from "./RunTime";
import classes from "./Node.module.css";

export const StepNode = memo(function StepNode({ id, data, selected }: NodeProps<StepFlowNode>) {
  const facts = useNodeFacts(id);
  const { node, declaration, ports } = data;
  const name = node.name || node.id;
  const start = node.type === START;
  return (
    <div
      className={classes["node"]}
      data-start={start || undefined}
      data-status={facts.status}
      data-mark={facts.mark}
      data-severity={facts.severity}
      data-off={node.disabled || undefined}
      data-selected={selected || undefined}
      data-testid={`node-${id}`}
    >
      <Ports nodeId={id} ports={ports} start={start} />
      {facts.breakpoint && <i className={classes["breakpoint"]} title="Breakpoint" />}
      <span className={classes["tile"]}>
        <NodeIcon icon={declaration?.icon} type={node.type} />
      </span>
      <span className={classes["text"]}>
        <b title={name}>{name}</b>
        {!start && (
          <span title={subline(node, facts, declaration?.title)}>{subline(node, facts, declaration?.title)}</span>
        )}
      </span>
      <NodeState facts={facts} brief={start} />
    </div>
  );
});

/** Before a run its type; in a run what it did. */
function subline(node: StepFlowNode["data"]["node"], facts: NodeFacts, title: string | undefined): string {
  if (node.disabled) return "disabled";
  if (facts.did) return facts.did;
  return title && title !== node.name ? title : node.type;
}

export function NodeState({ facts, brief = false }: { facts: NodeFacts; brief?: boolean }) {
  return (
    <span className={classes["state"]}>
      {facts.pinned && <IconPinned size={14} stroke={1.6} aria-label="Pinned sample" />}
      {facts.severity && !facts.status && (
        <IconAlertTriangle size={15} stroke={1.7} data-severity={facts.severity} aria-label={facts.severity} />
      )}
      {facts.mark && <span className={classes["mark"]}>{facts.mark}</span>}
      {facts.status && <StatusIcon status={facts.status} />}
      {facts.status && facts.status !== "skipped" && !brief && <RunTime facts={facts} />}
    </span>
  );
}

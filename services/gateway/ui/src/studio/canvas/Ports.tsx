/** The ways in and out of a node. Names are shown where there is more than one way. */
import { Handle, Position } from "@xyflow/react";

import { ERROR_PORT } from "../model/declarations";
import { ERROR_Y, IN, namedPorts } from "./flow";
import classes from "./Ports.module.css";

interface PortsProps {
  nodeId: string;
  ports: readonly string[];
  start: boolean;
}

export function Ports({ nodeId, ports, start }: PortsProps) {
  const regular = ports.filter((port) => port !== ERROR_PORT);
  const named = namedPorts(ports);
  return (
    <>
      {!start && <Handle id={IN} type="target" position={Position.Top} className={classes["in"] ?? ""} />}
      {regular.map((port, index) => (
        <Handle
          key={port}
          id={port}
          type="source"
          position={Position.Bottom}
          className={classes["out"] ?? ""}
          style={{ left: `${((2 * index + 1) / (2 * regular.length)) * 100}%` }}
          data-testid={`port-${nodeId}-${port}`}
        >
          {named && <span className={classes["label"]}>{port}</span>}
        </Handle>
      ))}
      {ports.includes(ERROR_PORT) && (
        <Handle
          id={ERROR_PORT}
          type="source"
          position={Position.Right}
          className={classes["error"] ?? ""}
          style={{ top: ERROR_Y }}
          data-testid={`port-${nodeId}-error`}
        >
          <span className={classes["label"]} data-side="right">
            error
          </span>
        </Handle>
      )}
    </>
  );
}

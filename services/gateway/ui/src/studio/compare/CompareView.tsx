/** Shows what differs between two graphs: on a canvas that cannot be edited, and as a list beside it. */
import { Button, Modal } from "@mantine/core";
import { useMemo, useState } from "react";

import { plural } from "~/shared/format";
import { GraphView } from "../GraphView";
import { difference, overlaid, type Change, type NodeDifference } from "../model/diff";
import type { Comparison } from "./compare";
import classes from "./Compare.module.css";

interface CompareViewProps {
  comparison: Comparison;
  onClose: () => void;
}

export function CompareView({ comparison, onClose }: CompareViewProps) {
  const { old, now, title } = comparison;
  const found = useMemo(() => difference(old, now), [old, now]);
  const graph = useMemo(() => overlaid(old, now), [old, now]);
  const [chosen, setChosen] = useState<string | null>(null);
  const edges = found.edges.added + found.edges.removed;
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size="94vw"
      closeButtonProps={{ "aria-label": "Close the comparison" }}
    >
      <div className={classes["compare"]}>
        <div className={classes["canvas"]}>
          <GraphView graph={graph} marks={found.marks} chosen={chosen} onChoose={setChosen} />
        </div>
        <div className={classes["list"]}>
          <p className="mut">
            {found.same
              ? "There is no difference."
              : `${plural(found.nodes.length, "node")} and ${plural(edges, "connection")} differ.`}
          </p>
          {found.nodes.map((node) => (
            <NodeChange key={node.id} node={node} open={node.id === chosen} onOpen={() => setChosen(node.id)} />
          ))}
          {found.rest.length > 0 && (
            <section className={classes["entry"]}>
              <h3>Workflow</h3>
              <Changes changes={found.rest} />
            </section>
          )}
        </div>
      </div>
      <div className="row">
        <Button className="end" onClick={onClose}>
          Close
        </Button>
      </div>
    </Modal>
  );
}

function NodeChange({ node, open, onOpen }: { node: NodeDifference; open: boolean; onOpen: () => void }) {
  return (
    <section className={classes["entry"]} data-open={open || undefined}>
      <button type="button" onClick={onOpen}>
        <b className="strong trunc">{node.name}</b>
        <span className={classes["mark"]} data-mark={node.mark}>
          {node.mark}
        </span>
      </button>
      <Changes changes={node.changes} />
    </section>
  );
}

function Changes({ changes }: { changes: readonly Change[] }) {
  const shown = changes.filter((change) => !change.pointer.startsWith("/position"));
  return (
    <ul className={classes["changes"]}>
      {shown.map((change) => (
        <li key={change.pointer}>
          <span className="mono micro dim">{change.pointer}</span>
          {"old" in change && <del>{written(change.old)}</del>}
          {"new" in change && <ins>{written(change.new)}</ins>}
        </li>
      ))}
    </ul>
  );
}

const MOST = 400;

function written(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

/** One node run: why it failed, what it was given, what it gave, what it left. */
import { Drawer } from "@mantine/core";

import { Facts } from "~/shared/Panel";
import { JsonView } from "~/shared/JsonView";
import { spellDuration } from "~/shared/format";
import { StatusBadge } from "~/shared/Status";
import { Time } from "~/shared/Time";

import { ArtifactList } from "./Artifacts";
import { Fork } from "./Fork";
import type { Artifact, Execution, NodeRun } from "./queries";
import { findNode, stepsOf } from "./rows";
import { RunFailure } from "./RunFailure";

interface RunDrawerProps {
  execution: Execution;
  run: NodeRun | null;
  graph: unknown;
  artifacts: readonly Artifact[];
  onClose: () => void;
}

export function RunDrawer({ execution, run, graph, artifacts, onClose }: RunDrawerProps) {
  return (
    <Drawer
      opened={run !== null}
      onClose={onClose}
      position="right"
      size={520}
      title={run ? (findNode(graph, run.nodeId)?.name ?? run.nodeId) : ""}
      overlayProps={{ backgroundOpacity: 0.4, color: "var(--scrim)" }}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {run && (
        <div className="stack">
          <Shown run={run} artifacts={artifacts.filter((one) => one.nodeId === run.nodeId)} />
          <Fork execution={execution} run={run} graph={graph} />
        </div>
      )}
    </Drawer>
  );
}

function Shown({ run, artifacts }: { run: NodeRun; artifacts: readonly Artifact[] }) {
  const turns = stepsOf(run.path).map((step) => `${step.loop} ${step.index + 1}`);
  return (
    <div className="stack">
      <Facts
        rows={[
          ["Status", <StatusBadge key="status" status={run.status} />],
          ["Node", <span key="node" className="mono">{`${run.nodeId} · ${run.nodeType}`}</span>],
          ["Turn", turns.join(", ")],
          ["Try", run.tryNumber > 1 ? String(run.tryNumber) : ""],
          ["Began", <Time key="began" at={run.startedAt} form="milliseconds" />],
          ["Took", run.completedAt ? spellDuration(run.durationSeconds) : "still running"],
        ]}
      />
      {run.failure && <RunFailure failure={run.failure} artifacts={artifacts} />}
      <section className="stack tight">
        <h3>Input</h3>
        <JsonView value={run.input} what="Input" />
      </section>
      <section className="stack tight">
        <h3>Output</h3>
        {run.status === "running" ? (
          <p className="dim">It comes when the node has ended.</p>
        ) : (
          <JsonView value={run.output} what="Output" />
        )}
      </section>
      {artifacts.length > 0 && (
        <section className="stack tight">
          <h3>Files</h3>
          <ArtifactList artifacts={artifacts} />
        </section>
      )}
    </div>
  );
}

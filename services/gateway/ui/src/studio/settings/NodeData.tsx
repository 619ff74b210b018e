/** What went into a node and what came out, in the run that lies over the canvas. */
import { Button } from "@mantine/core";
import { IconPin, IconPinnedOff } from "@tabler/icons-react";

import { spellDuration } from "~/shared/format";
import { Empty, Note } from "~/shared/Feedback";
import { JsonView } from "~/shared/JsonView";
import { StatusBadge } from "~/shared/Status";
import { Time } from "~/shared/Time";
import type { NodeRun } from "../data/queries";
import type { Json } from "../model/graph";
import { pin, unpin } from "../model/pins";
import { useRun } from "../run/useRun";
import { useEditor, useStudio } from "../state/context";
import { PinEditor } from "./PinEditor";
import classes from "./Settings.module.css";

const NOT_RUN = "Run the workflow, or choose an older run above the canvas.";

export function NodeInput({ nodeId }: { nodeId: string }) {
  const run = useRun().view.shown(nodeId);
  if (!run) return <Empty title="Nothing went in yet">{NOT_RUN}</Empty>;
  return (
    <div className={classes["body"]}>
      <RunLine run={run} />
      <JsonView value={run.input} what="Input" />
    </div>
  );
}

export function NodeOutput({ nodeId }: { nodeId: string }) {
  const { editor } = useStudio();
  const run = useRun().view.shown(nodeId);
  const pinned = useEditor((state) =>
    state.graph.pins && nodeId in state.graph.pins ? { sample: state.graph.pins[nodeId] } : null,
  );
  const readOnly = useEditor((state) => state.readOnly);
  const canPin = run?.status === "completed" && run.output !== null && !readOnly;
  return (
    <div className={classes["body"]}>
      {run && <RunLine run={run} />}
      {run?.failure && (
        <Note tone="bad">
          <b className="strong">{run.failure.code}</b> {run.failure.message}
        </Note>
      )}
      {run && run.status !== "failed" && <JsonView value={run.output} what="Output" />}
      {!run && !pinned && <Empty title="Nothing came out yet">{NOT_RUN}</Empty>}
      {canPin && (
        <Button
          size="xs"
          leftSection={<IconPin size={14} />}
          onClick={() => editor.getState().edit((graph) => pin(graph, nodeId, run.output as Json))}
        >
          Pin as sample
        </Button>
      )}
      {pinned && (
        <>
          <div className={classes["label"]}>Pinned sample, used in test runs instead of running the node</div>
          <PinEditor nodeId={nodeId} sample={pinned.sample ?? null} />
          {!readOnly && (
            <Button
              size="xs"
              leftSection={<IconPinnedOff size={14} />}
              onClick={() => editor.getState().edit((graph) => unpin(graph, nodeId))}
            >
              Remove the sample
            </Button>
          )}
        </>
      )}
    </div>
  );
}

export function NodeRuns({ nodeId }: { nodeId: string }) {
  const run = useRun();
  const runs = run.view.all(nodeId);
  if (runs.length === 0) return <Empty title="It has not run yet">{NOT_RUN}</Empty>;
  return (
    <ul className={classes["runs"]}>
      {runs.map((each) => (
        <li key={each.seq}>
          <button type="button" onClick={() => turnsIn(each).forEach(({ loop, index }) => run.showTurn(loop, index))}>
            <StatusBadge status={each.status} />
            <span className="dim sm">{whichTurn(each)}</span>
            <span className="end num dim">{spellDuration(each.durationSeconds)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function RunLine({ run }: { run: NodeRun }) {
  return (
    <div className="row wrap sm">
      <StatusBadge status={run.status} />
      {run.startedAt && <Time at={run.startedAt} />}
      <span className="num dim">{spellDuration(run.durationSeconds)}</span>
      <span className="dim">{whichTurn(run)}</span>
    </div>
  );
}

function turnsIn(run: NodeRun): { loop: string; index: number }[] {
  return run.path as { loop: string; index: number }[];
}

function whichTurn(run: NodeRun): string {
  const turn = turnsIn(run)
    .map(({ index }) => index + 1)
    .join(".");
  return [turn && `turn ${turn}`, run.tryNumber > 1 && `try ${run.tryNumber}`].filter(Boolean).join(", ");
}

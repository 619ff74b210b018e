/** The run that lies over the canvas: how it stands, how long it has been, what can be done with it. */
import { ActionIcon, Button } from "@mantine/core";
import { IconExternalLink, IconPlayerStopFilled, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { formatDuration } from "~/shared/format";
import { toastProblem } from "~/shared/Feedback";
import { StatusBadge } from "~/shared/Status";
import { useNow } from "~/shared/useNow";
import { useReveal } from "../canvas/useReveal";
import type { Execution } from "../data/queries";
import { nodeOf } from "../model/graph";
import { useEditor, useStudio } from "../state/context";
import { DebugButtons } from "./DebugButtons";
import { useRun } from "./useRun";
import classes from "./Run.module.css";

export function LiveBar() {
  const { execution, over, watch } = useRun();
  const mayStop = useMay("execution:stop");
  const [stopping, setStopping] = useState(false);
  if (!execution) return null;
  const stop = async () => {
    setStopping(true);
    try {
      const path = { executionId: execution.id };
      await unwrap(
        api.POST("/api/executions/{executionId}/stop", {
          params: { path },
          body: { force: false, reason: "Stopped in the Studio" },
        }),
      );
    } catch (error) {
      toastProblem("It could not be stopped.", error);
    } finally {
      setStopping(false);
    }
  };
  return (
    <>
      <div className={classes["live"]} role="status" data-testid="live-bar" data-status={execution.status}>
        <StatusBadge status={execution.status} />
        <Elapsed execution={execution} />
        <span className="dim sm trunc">{aboutIt(execution)}</span>
        {!over && execution.mode === "interactive" && <DebugButtons execution={execution} />}
        {!over && mayStop && (
          <Button
            size="xs"
            variant="subtle"
            loading={stopping || execution.status === "STOPPING"}
            leftSection={<IconPlayerStopFilled size={13} />}
            onClick={() => void stop()}
          >
            Stop
          </Button>
        )}
        <ActionIcon
          size={24}
          component={Link}
          to={`/executions/${execution.id}` as "/"}
          aria-label="Open the execution’s page"
          title="Open the execution’s page"
        >
          <IconExternalLink size={15} />
        </ActionIcon>
        <ActionIcon
          size={24}
          aria-label="Take the run off the canvas"
          title="Take the run off the canvas"
          onClick={() => watch(null)}
        >
          <IconX size={15} />
        </ActionIcon>
      </div>
      {execution.failure && over && <FailureCard execution={execution} />}
    </>
  );
}

function FailureCard({ execution }: { execution: Execution }) {
  const { editor } = useStudio();
  const reveal = useReveal();
  const nodeId = execution.failure?.nodeId ?? null;
  const node = useEditor((state) => (nodeId === null ? undefined : nodeOf(state.graph, nodeId)));
  return (
    <div className={classes["failure"]} role="alert">
      {node && (
        <button
          type="button"
          className="link"
          onClick={() => {
            reveal(node.id);
            editor.getState().show({ settingsTab: "output" });
          }}
        >
          {node.name || node.id}
        </button>
      )}{" "}
      <span className="mono sm dim">{execution.failure?.code}</span>
      <p>{execution.failure?.message}</p>
    </div>
  );
}

function Elapsed({ execution }: { execution: Execution }) {
  const now = useNow();
  const from = execution.startedAt ?? execution.createdAt;
  const to = execution.completedAt === null ? now : Date.parse(execution.completedAt);
  return <span className="num dim">{formatDuration((to - Date.parse(from)) / 1_000)}</span>;
}

function aboutIt(execution: Execution): string {
  if (execution.status === "QUEUED") return execution.pendingReasons[0]?.obstacles[0]?.message ?? "waits for a runner";
  const runner = execution.runnerName ? `on ${execution.runnerName}` : "";
  return [execution.draft ? `draft ${execution.version}` : `v${execution.version}`, runner].filter(Boolean).join(" ");
}

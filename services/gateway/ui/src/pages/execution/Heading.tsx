import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { CopyIcon } from "~/shared/Copy";
import { nameActor } from "~/shared/executions/story";
import { Took } from "~/shared/executions/Took";
import { formatBytes, shortId } from "~/shared/format";
import { StatusBadge } from "~/shared/Status";
import { Time } from "~/shared/Time";

import classes from "./ExecutionPage.module.css";
import type { Execution } from "./queries";

/** Name, status, and one line of what was decided about it. */
export function Heading({ execution }: { execution: Execution }) {
  const { metrics } = execution;
  return (
    <header className={classes["heading"]}>
      <div className="row wrap">
        <h1>
          <Link to="/workflows/$workflowId" params={{ workflowId: execution.workflowId }}>
            {execution.workflow.name}
          </Link>
        </h1>
        <StatusBadge status={execution.status} pill />
        {execution.late && <span className="tag warn">result came late</span>}
        <span className="row" style={{ gap: 2 }}>
          <span className="mono dim" title={execution.id}>
            {shortId(execution.id)}
          </span>
          <CopyIcon text={execution.id} what="the number" />
        </span>
      </div>
      <dl className={classes["facts"]}>
        <Fact word="Version">
          {execution.version}
          {execution.draft ? " (draft)" : ""}
        </Fact>
        <Fact word="Started by">{nameActor(execution.triggeredBy)}</Fact>
        {execution.runnerId && (
          <Fact word="Runner">
            <Link to="/runners/$runnerId" params={{ runnerId: execution.runnerId }} className="link">
              {execution.runnerName ?? shortId(execution.runnerId)}
            </Link>
          </Fact>
        )}
        <Fact word="Created">
          <Time at={execution.createdAt} />
        </Fact>
        {execution.startedAt && (
          <Fact word="Took">
            <Took execution={execution} />
          </Fact>
        )}
        {execution.runAttempts > 1 && <Fact word="Attempt">{execution.attempt}</Fact>}
        <Fact word="Priority">{execution.priority}</Fact>
        {execution.dedupeKey && (
          <Fact word="Duplicate key">
            <span className="mono">{execution.dedupeKey}</span>
          </Fact>
        )}
        {metrics && (
          <>
            <Fact word="CPU">
              {Math.round(metrics.cpuAvg)} %, peak {Math.round(metrics.cpuPeak)} %
            </Fact>
            <Fact word="Memory">{formatBytes(metrics.memoryPeak)} peak</Fact>
          </>
        )}
        {execution.retryOf && (
          <Fact word="Retry of">
            <Link to="/executions/$executionId" params={{ executionId: execution.retryOf }} className="link mono">
              {shortId(execution.retryOf)}
            </Link>
          </Fact>
        )}
      </dl>
    </header>
  );
}

function Fact({ word, children }: { word: string; children: ReactNode }) {
  return (
    <div>
      <dt>{word}</dt>
      <dd className="num">{children}</dd>
    </div>
  );
}

/** The sentence a person came for: why it failed, why it waits, what it came to. */
import { summarise } from "~/shared/executions/story";
import { Note } from "~/shared/Feedback";

import { FailureCard } from "./FailureCard";
import { LostCard } from "./LostCard";
import type { Artifact, Execution } from "./queries";
import { Waiting } from "./Waiting";

interface AnswerProps {
  execution: Execution;
  graph: unknown;
  artifacts: readonly Artifact[];
}

export function Answer({ execution, graph, artifacts }: AnswerProps) {
  switch (execution.status) {
    case "QUEUED":
      return <Waiting execution={execution} />;
    case "FAILED":
      return <FailureCard execution={execution} graph={graph} artifacts={artifacts} />;
    case "LOST":
      return <LostCard execution={execution} />;
    case "ASSIGNED":
      return <Note tone="info">{execution.runnerName ?? "A runner"} picks it up at its next poll, within 5 s.</Note>;
    case "RUNNING":
      return execution.contactLostAt ? (
        <Note tone="warn">
          {execution.runnerName ?? "The runner"} has not been heard of since it began. It may still be working; the Hub
          waits before it says “lost”.
        </Note>
      ) : null;
    case "STOPPING":
      return (
        <Note tone="warn">
          {execution.stoppedBy ? `${execution.stoppedBy.name} asked it to stop.` : "It was asked to stop."} It has 15 s
          to clean up.
        </Note>
      );
    case "STOPPED":
      return (
        <Note tone="info">
          {execution.stoppedBy ? `${execution.stoppedBy.name} stopped it.` : "It was stopped."} Nothing more will be
          done.
        </Note>
      );
    case "COMPLETED": {
      const result = summarise(execution.output);
      return result ? <Note tone="info">Result: {result}</Note> : null;
    }
  }
}

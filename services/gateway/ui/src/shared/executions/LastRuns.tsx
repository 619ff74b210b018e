/** How the last runs of a workflow ended, as small statuses: a row of them reads like a sparkline. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { describeInstant } from "~/shared/format";
import { StatusIcon, statusWord } from "~/shared/Status";

import { executionsQuery } from "./queries";

const SHOWN = 10;
const SIZE = 12;

export function LastRuns({ workflowId }: { workflowId: string }) {
  const { data } = useQuery({ ...executionsQuery({ workflowId, limit: SHOWN }), staleTime: 10_000 });
  if (!data) return <span style={{ display: "inline-block", height: SIZE }} />;
  if (data.items.length === 0) return <span className="dim">never run</span>;
  return (
    <span style={{ display: "inline-flex", gap: 4, verticalAlign: "middle" }}>
      {[...data.items].reverse().map((execution) => (
        <Link
          key={execution.id}
          to="/executions/$executionId"
          params={{ executionId: execution.id }}
          title={`${statusWord(execution.status)}\n${describeInstant(new Date(execution.createdAt))}`}
          tabIndex={-1}
          preload={false}
          style={{ display: "inline-flex" }}
        >
          <StatusIcon status={execution.status} size={SIZE} />
        </Link>
      ))}
    </span>
  );
}

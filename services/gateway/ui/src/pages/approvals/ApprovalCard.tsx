/** One question with what it is about, and the answer: a decision with a comment, or who gave it. */
import { Button, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconCheck, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { ErrorNote, toast } from "~/shared/Feedback";
import { JsonView } from "~/shared/JsonView";
import { Panel } from "~/shared/Panel";
import { StatusBadge } from "~/shared/Status";
import { Age, Time } from "~/shared/Time";

import { isEmptyData, whyNot } from "./deciding";
import { APPROVALS, type Approval, type Decision } from "./queries";

export function ApprovalCard({ approval }: { approval: Approval }) {
  return (
    <Panel>
      <div className="stack">
        <div className="row wrap">
          <h2>{approval.title || "Approve?"}</h2>
          <Link to="/executions/$executionId" params={{ executionId: approval.executionId }} className="link end">
            {approval.workflow.name}
          </Link>
        </div>
        {approval.message && <p className="prose">{approval.message}</p>}
        {!isEmptyData(approval.data) && <JsonView value={approval.data} what="what it is about" />}
        <p className="dim sm">
          Asked <Age at={approval.requestedAt} suffix=" ago" />
          {approval.requestedBy && ` by an execution that ${approval.requestedBy.name} started`}
          {approval.status === "pending" && (
            <>
              . Without an answer until <Time at={approval.expiresAt} /> it counts as {approval.onTimeout}
            </>
          )}
          {approval.fourEyes && ". Whoever started it may not decide"}.
        </p>
        {approval.status === "pending" ? <Decide approval={approval} /> : <Decided approval={approval} />}
      </div>
    </Panel>
  );
}

function Decide({ approval }: { approval: Approval }) {
  const client = useQueryClient();
  const mayDecide = useMay("approval:decide");
  const [comment, setComment] = useState("");
  const decide = useMutation({
    mutationFn: (decision: Decision) =>
      unwrap(
        api.POST("/api/approvals/{approvalId}", {
          params: { path: { approvalId: approval.id } },
          body: { decision, comment: comment.trim() },
        }),
      ),
    onSuccess: ({ approval: decided }) => {
      toast(`${decided.status === "approved" ? "Approved" : "Rejected"}: “${approval.title}”. The execution goes on.`);
    },
    // A refusal may mean that somebody else was faster: what is shown then has to be fresh as well.
    onSettled: () => client.invalidateQueries({ queryKey: APPROVALS }),
  });
  const reason = whyNot(approval, mayDecide);
  if (reason) return <p className="mut">{reason}</p>;
  const waits = (decision: Decision) => decide.isPending && decide.variables === decision;
  return (
    <>
      <Textarea
        aria-label={`Comment on ${approval.title}`}
        placeholder="A comment, kept with the decision"
        autosize
        minRows={1}
        maxRows={6}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      {decide.error && <ErrorNote what="It was not decided." error={decide.error} />}
      <div className="row">
        <Button
          className="end"
          variant="danger"
          leftSection={<IconX size={16} stroke={1.5} />}
          loading={waits("rejected")}
          disabled={decide.isPending}
          onClick={() => decide.mutate("rejected")}
        >
          Reject
        </Button>
        <Button
          variant="filled"
          leftSection={<IconCheck size={16} stroke={1.5} />}
          loading={waits("approved")}
          disabled={decide.isPending}
          onClick={() => decide.mutate("approved")}
        >
          Approve
        </Button>
      </div>
    </>
  );
}

const LOOKS = { approved: "COMPLETED", rejected: "STOPPED", cancelled: "skipped", pending: "waiting" } as const;

function Decided({ approval }: { approval: Approval }) {
  const word = approval.status.charAt(0).toUpperCase() + approval.status.slice(1);
  return (
    <div className="row wrap">
      <StatusBadge status={LOOKS[approval.status]}>{word}</StatusBadge>
      <span className="mut">
        {approval.timedOut && "because nobody answered in time"}
        {approval.status === "cancelled" && "because the execution ended before"}
        {approval.decidedBy && !approval.timedOut && `by ${approval.decidedBy.name}`}
      </span>
      <Time at={approval.decidedAt} />
      {approval.comment && <span>“{approval.comment}”</span>}
    </div>
  );
}

/** A trigger that was paused after failures: why, until when, and how it goes on. */
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { Note, toast, toastProblem } from "~/shared/Feedback";
import { plural } from "~/shared/format";
import { Time } from "~/shared/Time";

import { breakerQuery, TRIGGERS, type Trigger } from "./queries";

export function Paused({ trigger }: { trigger: Trigger }) {
  const { data: breaker } = useQuery({ ...breakerQuery(trigger.id), enabled: trigger.breaker !== "closed" });
  if (trigger.breaker === "closed" || !breaker) return null;
  return (
    <Note tone="warn" action={<Resume trigger={trigger} />}>
      <b className="strong">
        {trigger.breaker === "probing" ? "Paused; one execution tries again now." : "Paused after failures."}
      </b>{" "}
      {plural(breaker.failures, "execution")} in a row failed in the same way
      {breaker.lastExecutionId && (
        <>
          {" ("}
          <Link to="/executions/$executionId" params={{ executionId: breaker.lastExecutionId }} className="link">
            the last one
          </Link>
          {")"}
        </>
      )}
      . What comes meanwhile is held, not lost
      {trigger.heldDeliveries > 0 && `: ${plural(trigger.heldDeliveries, "delivery", "deliveries")} so far`}.{" "}
      {breaker.probeAt && trigger.breaker === "open" && (
        <>
          It tries again by itself at <Time at={breaker.probeAt} />.
        </>
      )}
      {breaker.probeExecutionId && (
        <Link to="/executions/$executionId" params={{ executionId: breaker.probeExecutionId }} className="link">
          Watch it
        </Link>
      )}
    </Note>
  );
}

export function Resume({ trigger, size = "sm" }: { trigger: Trigger; size?: "xs" | "sm" }) {
  const client = useQueryClient();
  const mayEdit = useMay("trigger:edit");
  const resume = useMutation({
    mutationFn: () =>
      unwrap(api.POST("/api/triggers/{triggerId}/resume", { params: { path: { triggerId: trigger.id } } })),
    onSuccess: async () => {
      toast(`“${trigger.name}” goes on; what was held is released.`);
      await client.invalidateQueries({ queryKey: TRIGGERS });
    },
    onError: (error) => toastProblem(`“${trigger.name}” does not go on.`, error),
  });
  if (!mayEdit) return null;
  return (
    <Button size={size} loading={resume.isPending} onClick={() => resume.mutate()}>
      Resume
    </Button>
  );
}

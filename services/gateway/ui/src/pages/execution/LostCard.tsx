/** Nobody knows how it ended: a person who looked says so. */
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { toast, toastProblem } from "~/shared/Feedback";
import { Panel } from "~/shared/Panel";
import { StatusIcon } from "~/shared/Status";
import { Time } from "~/shared/Time";

import type { Execution } from "./queries";

const CHOICES = [
  { status: "COMPLETED", label: "It went through" },
  { status: "FAILED", label: "It did not" },
  { status: "STOPPED", label: "It was ended by hand" },
] as const;

export function LostCard({ execution }: { execution: Execution }) {
  const client = useQueryClient();
  const mayResolve = useMay("execution:resolve");
  const [note, setNote] = useState("");
  const resolve = useMutation({
    mutationFn: (status: (typeof CHOICES)[number]["status"]) =>
      unwrap(
        api.POST("/api/executions/{executionId}/resolve", {
          params: { path: { executionId: execution.id } },
          body: { status, note },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["execution", execution.id] });
      toast("Noted. The history says that a person decided it.");
    },
    onError: (error) => toastProblem("It is still lost.", error),
  });
  return (
    <Panel tone="lost">
      <div className="row top">
        <span style={{ paddingTop: 3 }}>
          <StatusIcon status="LOST" size={16} />
        </span>
        <div className="stack grow">
          <div>
            <h2>{execution.runnerName ?? "The runner"} went silent, and its outcome is unknown</h2>
            <p className="mut prose">
              {execution.failure?.message} Last heard of <Time at={execution.contactLostAt ?? execution.startedAt} />.
              Look in the system it worked on whether the last step took place, then say what happened. It is not
              started again by itself, so nothing is done twice.
            </p>
          </div>
          {mayResolve && (
            <div className="row wrap">
              <TextInput
                aria-label="What was found"
                placeholder="What you found (optional)"
                value={note}
                onChange={(event) => setNote(event.currentTarget.value)}
                w={260}
              />
              {CHOICES.map((choice) => (
                <Button
                  key={choice.status}
                  loading={resolve.isPending && resolve.variables === choice.status}
                  onClick={() => resolve.mutate(choice.status)}
                >
                  {choice.label}
                </Button>
              ))}
            </div>
          )}
        </div>
      </div>
    </Panel>
  );
}

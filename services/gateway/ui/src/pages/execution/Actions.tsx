/** Stop, retry, resolve: what the execution's status and the person's permissions allow. */
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconPlayerStopFilled, IconRefresh } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { Confirm } from "~/shared/Confirm";
import { isLive } from "~/shared/executions/story";
import { toast, toastProblem } from "~/shared/Feedback";
import { useShortcut } from "~/shared/shortcuts";

import type { Execution } from "./queries";

export function Actions({ execution }: { execution: Execution }) {
  const live = isLive(execution);
  const [mayStop, mayRun] = [useMay("execution:stop"), useMay("execution:run")];
  return (
    <>
      {live && mayStop && <Stop execution={execution} />}
      {!live && execution.status !== "LOST" && mayRun && <Retry execution={execution} />}
    </>
  );
}

function Stop({ execution }: { execution: Execution }) {
  const client = useQueryClient();
  const [forcing, setForcing] = useState(false);
  const path = { executionId: execution.id };
  const ask = async (force: boolean) => {
    await unwrap(api.POST("/api/executions/{executionId}/stop", { params: { path }, body: { force, reason: "" } }));
    await client.invalidateQueries({ queryKey: ["execution", execution.id] });
  };
  const stop = useMutation({
    mutationFn: () => ask(false),
    onSuccess: () =>
      toast(execution.status === "QUEUED" ? "Stopped before it began." : "Asked to stop. It ends within 15 s."),
    onError: (error) => toastProblem("It was not asked to stop.", error),
  });
  const asked = execution.status === "STOPPING";
  const click = () => (asked ? setForcing(true) : stop.mutate());
  useShortcut("s", asked ? "Stop it at once" : "Stop", click, { scope: "This execution" });
  return (
    <>
      <Button
        variant="danger"
        loading={stop.isPending}
        leftSection={<IconPlayerStopFilled size={14} />}
        onClick={click}
      >
        {asked ? "Stop at once" : "Stop"}
      </Button>
      <Confirm
        opened={forcing}
        onClose={() => setForcing(false)}
        title="Stop it at once?"
        keep="Let it end"
        confirm="Stop at once"
        onConfirm={() => ask(true)}
      >
        Its process is killed without the time to clean up. What it was doing in another program may be half done.
      </Confirm>
    </>
  );
}

function Retry({ execution }: { execution: Execution }) {
  const navigate = useNavigate();
  const [key] = useState(newIdempotencyKey);
  const retry = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/executions/{executionId}/retry", {
          params: { path: { executionId: execution.id }, header: { "Idempotency-Key": key } },
          body: {},
        }),
      ),
    onSuccess: ({ execution: next }) => {
      toast(`Started again from the beginning, on version ${next.version}.`);
      void navigate({ to: "/executions/$executionId", params: { executionId: next.id } });
    },
    onError: (error) => toastProblem("It was not started again.", error),
  });
  useShortcut("r", "Retry from the start", () => retry.mutate(), { scope: "This execution" });
  const failed = execution.status === "FAILED";
  return (
    <Button
      variant={failed ? "filled" : "default"}
      loading={retry.isPending}
      leftSection={<IconRefresh size={16} stroke={1.5} />}
      onClick={() => retry.mutate()}
      title="Runs again from the start, with the same inputs and version"
    >
      {failed ? "Retry" : "Run again"}
    </Button>
  );
}

import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { toast, toastProblem } from "~/shared/Feedback";
import { Panel } from "~/shared/Panel";

/** Holding back all work, for a maintenance window: running work goes on, nothing new is given out. */
export function Dispatch() {
  const [reason, setReason] = useState("");
  const hold = useMutation({
    mutationFn: () => unwrap(api.POST("/api/dispatch/hold", { body: { reason } })),
    onSuccess: () => toast("Held: no execution is given to a runner until you release it."),
    onError: (error) => toastProblem("Nothing is held.", error),
  });
  const release = useMutation({
    mutationFn: () => unwrap(api.POST("/api/dispatch/release")),
    onSuccess: () => toast("Released: what waited is given out again."),
    onError: (error) => toastProblem("Nothing was released.", error),
  });
  return (
    <Panel title="Maintenance">
      <div className="stack">
        <p className="mut">
          Hold all work, for example before an upgrade: what runs goes on, what is started waits. Whoever wonders sees
          your reason.
        </p>
        <TextInput
          label="Reason"
          placeholder="Upgrade at 18:00"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <div className="row">
          <Button loading={hold.isPending} onClick={() => hold.mutate()}>
            Hold all work
          </Button>
          <Button loading={release.isPending} onClick={() => release.mutate()}>
            Release
          </Button>
        </div>
      </div>
    </Panel>
  );
}

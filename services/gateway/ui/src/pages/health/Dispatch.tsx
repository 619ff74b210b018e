/** Holding back all work, for a maintenance window: running work goes on, nothing new is given out. */
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { useFresh } from "~/live/useFresh";
import { dispatchQuery, type Dispatch as DispatchState } from "~/shared/dispatch";
import { Note, toast, toastProblem } from "~/shared/Feedback";
import { Loaded } from "~/shared/Loaded";
import { Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

export function Dispatch() {
  const query = useQuery({ ...dispatchQuery, refetchInterval: usePolling() });
  const mayHold = useMay("dispatch:hold");
  useFresh("executions", dispatchQuery.queryKey);
  return (
    <Panel title="Giving out work">
      <Loaded query={query} what="Whether work is given out" rows={2}>
        {(dispatch) => (
          <div className="stack">
            {dispatch.held ? (
              <Held dispatch={dispatch} />
            ) : (
              <p className="mut">Work goes to the runners as it comes.</p>
            )}
            {mayHold && (dispatch.held ? <Release /> : <Hold />)}
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

function Held({ dispatch }: { dispatch: DispatchState }) {
  return (
    <Note tone="warn">
      <b className="strong">Held by {dispatch.heldBy}</b> since <Time at={dispatch.heldAt} />
      {dispatch.reason ? `: ${dispatch.reason}` : ", without a reason."}
    </Note>
  );
}

function Hold() {
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const hold = useMutation({
    mutationFn: () => unwrap(api.POST("/api/dispatch/hold", { body: { reason: reason.trim() } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: dispatchQuery.queryKey });
      toast("Held: no execution is given to a runner until you release it.");
    },
    onError: (error) => toastProblem("Nothing is held.", error),
  });
  return (
    <>
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
      </div>
    </>
  );
}

function Release() {
  const client = useQueryClient();
  const release = useMutation({
    mutationFn: () => unwrap(api.POST("/api/dispatch/release")),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: dispatchQuery.queryKey });
      toast("Released: what waited is given out again.");
    },
    onError: (error) => toastProblem("Nothing was released.", error),
  });
  return (
    <div className="row">
      <Button variant="filled" loading={release.isPending} onClick={() => release.mutate()}>
        Release
      </Button>
    </div>
  );
}

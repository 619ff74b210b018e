/** Sends events of a time again: those that were given up, all of them, or also those it never got. */
import { Button, Checkbox, Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { ErrorNote, toast } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";
import { plural } from "~/shared/format";

import classes from "./Events.module.css";
import { ENDPOINTS, type Endpoint } from "./queries";

const WHICH = [
  { value: "parked", label: "Those that were given up" },
  { value: "delivered", label: "Those that were taken" },
  { value: "parked,delivered", label: "Both" },
];

export function ReplayButton({ endpoint }: { endpoint: Endpoint }) {
  const [opened, setOpened] = useState(false);
  const close = () => setOpened(false);
  return (
    <>
      <Button size="xs" onClick={() => setOpened(true)}>
        Replay
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title="Send events again"
        size={460}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Form endpoint={endpoint} onClose={close} />
      </Modal>
    </>
  );
}

function Form({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }) {
  const client = useQueryClient();
  const [which, setWhich] = useState("parked");
  const [missed, setMissed] = useState(false);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const replay = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/event-endpoints/{endpointId}/replay", {
          params: { path: { endpointId: endpoint.id }, header: { "Idempotency-Key": newIdempotencyKey() } },
          body: {
            status: which.split(",") as ("parked" | "delivered")[],
            missed,
            ...(from && { from: new Date(from).toISOString() }),
            ...(to && { to: new Date(to).toISOString() }),
          },
        }),
      ),
    onSuccess: async ({ replayed, more }) => {
      toast(`${plural(replayed, "event")} will be sent again.${more ? " There are more: ask once more." : ""}`);
      await client.invalidateQueries({ queryKey: ENDPOINTS });
      if (!more) onClose();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    replay.mutate();
  }

  return (
    <form className="stack" onSubmit={submit}>
      <Select label="Which" data={WHICH} value={which} onChange={(value) => value && setWhich(value)} />
      <div className={classes["range"]}>
        <TextInput
          label="From"
          type="datetime-local"
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput label="To" type="datetime-local" value={to} onChange={(event) => setTo(event.currentTarget.value)} />
      </div>
      <Checkbox
        label="Also events it never got, because it was off or not made yet"
        checked={missed}
        onChange={(event) => setMissed(event.currentTarget.checked)}
      />
      {replay.error && <ErrorNote what="Nothing is sent again." error={replay.error} />}
      <FormFoot onCancel={onClose} isPending={replay.isPending}>
        Send again
      </FormFoot>
    </form>
  );
}

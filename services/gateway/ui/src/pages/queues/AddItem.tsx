/** Adds one item by hand. */
import { Modal, NumberInput, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { asProblem } from "~/api/problem";
import { ErrorNote, ProblemFields, toast } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";

import { readJson } from "./form";
import { QUEUES, type Queue } from "./queries";
import classes from "./Queues.module.css";

export function AddItem({ queue, onClose }: { queue: Queue; onClose: () => void }) {
  const client = useQueryClient();
  const [key] = useState(newIdempotencyKey);
  const [payload, setPayload] = useState("");
  const [reference, setReference] = useState("");
  const [priority, setPriority] = useState(50);
  const [notBefore, setNotBefore] = useState("");
  const read = readJson(payload);
  const add = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/queues/{queueId}/items", {
          params: {
            path: { queueId: queue.id },
            header: { "Idempotency-Key": `${key}${reference}${payload.length}`.slice(0, 200) },
          },
          body: {
            payload: read.value,
            reference: reference.trim(),
            priority,
            ...(notBefore && { notBefore: new Date(notBefore).toISOString() }),
          },
        }),
      ),
    onSuccess: async ({ item }) => {
      toast(`Added ${item.reference ?? "the item"}.`);
      await client.invalidateQueries({ queryKey: QUEUES });
      onClose();
    },
  });
  const problem = add.error ? asProblem(add.error) : null;
  const ofPayload = problem?.fields.some((field) => field.pointer.startsWith("/payload"));

  function submit(event: FormEvent) {
    event.preventDefault();
    add.mutate();
  }

  return (
    <Modal opened onClose={onClose} title="Add an item" size={480} closeButtonProps={{ "aria-label": "Close" }}>
      <form className="stack" onSubmit={submit}>
        <TextInput
          label="Reference"
          description={queue.uniqueReferences ? "None twice in this queue." : "What people know the item by."}
          data-autofocus
          value={reference}
          error={problem?.field("/reference")}
          onChange={(event) => setReference(event.currentTarget.value)}
        />
        <Textarea
          label="Payload"
          description="Any JSON; empty: nothing."
          classNames={{ input: "mono" }}
          autosize
          minRows={4}
          maxRows={16}
          value={payload}
          error={read.problem}
          onChange={(event) => setPayload(event.currentTarget.value)}
        />
        {problem && ofPayload && <ProblemFields problem={problem} />}
        <div className={classes["pair"]}>
          <NumberInput
            label="Priority"
            description="A point is worth a minute of waiting."
            min={1}
            max={100}
            value={priority}
            onChange={(value) => setPriority(Number(value) || 50)}
          />
          <TextInput
            label="Not before"
            description="Empty: at once."
            type="datetime-local"
            value={notBefore}
            onChange={(event) => setNotBefore(event.currentTarget.value)}
          />
        </div>
        {problem && problem.fields.length === 0 && <ErrorNote what="It was not added." error={problem} />}
        <FormFoot onCancel={onClose} isPending={add.isPending} disabled={read.problem !== undefined}>
          Add
        </FormFoot>
      </form>
    </Modal>
  );
}

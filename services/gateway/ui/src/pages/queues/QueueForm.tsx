/** Makes a queue, or changes the rules of one. */
import { Checkbox, Modal, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { asProblem } from "~/api/problem";
import { ErrorNote, toast } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";

import { readSchema, type QueueRules } from "./form";
import { QUEUES, type Queue } from "./queries";
import classes from "./Queues.module.css";

const LOST = [
  { value: "hold", label: "Wait for a person" },
  { value: "retry", label: "Do it again" },
];
const FRESH: QueueRules = {
  name: "",
  description: "",
  maxRetries: 2,
  retryBackoffSeconds: 60,
  leaseSeconds: 86_400,
  onLost: "hold",
};

export function QueueModal({ queue, onClose }: { queue?: Queue; onClose: () => void }) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={queue ? "Change the queue" : "New queue"}
      size={480}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Form queue={queue} onClose={onClose} />
    </Modal>
  );
}

function Form({ queue, onClose }: { queue: Queue | undefined; onClose: () => void }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [key] = useState(newIdempotencyKey);
  const [rules, setRules] = useState<QueueRules>(queue ?? FRESH);
  const [unique, setUnique] = useState(false);
  const [schema, setSchema] = useState(queue?.payloadSchema ? JSON.stringify(queue.payloadSchema, null, 2) : "");
  const read = readSchema(schema);
  const set = (change: Partial<QueueRules>) => setRules((now) => ({ ...now, ...change }));
  const save = useMutation({
    mutationFn: async () => {
      const { name, description, maxRetries, retryBackoffSeconds, leaseSeconds, onLost } = rules;
      const body = { name: name.trim(), description, maxRetries, retryBackoffSeconds, leaseSeconds, onLost };
      const payloadSchema = read.schema ?? {};
      if (queue)
        return await unwrap(
          api.PATCH("/api/queues/{queueId}", {
            params: { path: { queueId: queue.id } },
            headers: { "If-Match": `"${queue.etag}"` },
            body: { ...body, payloadSchema },
          }),
        );
      return await unwrap(
        api.POST("/api/queues", {
          params: { header: { "Idempotency-Key": `${key}${name}`.slice(0, 200) } },
          body: { ...body, uniqueReferences: unique, payloadSchema },
        }),
      );
    },
    onSuccess: ({ queue: saved }) => {
      void client.invalidateQueries({ queryKey: QUEUES });
      if (queue) {
        toast(`Changed “${saved.name}”.`);
        onClose();
      } else void navigate({ to: "/queues/$queueId", params: { queueId: saved.id } });
    },
  });
  const problem = save.error ? asProblem(save.error) : null;
  const schemaProblem = read.problem ?? problem?.field("/payloadSchema");

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }

  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        label="Name"
        description="Workflows name the queue by it."
        placeholder="Invoices"
        data-autofocus
        value={rules.name}
        error={problem?.field("/name")}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TextInput
        label="Description"
        value={rules.description}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      <div className={classes["pair"]}>
        <NumberInput
          label="Further tries"
          description="After system failures."
          min={0}
          max={100}
          value={rules.maxRetries}
          error={problem?.field("/maxRetries")}
          onChange={(value) => set({ maxRetries: Number(value) || 0 })}
        />
        <NumberInput
          label="First pause, seconds"
          description="Doubled each time, up to 1 h."
          min={0}
          max={3_600}
          value={rules.retryBackoffSeconds}
          error={problem?.field("/retryBackoffSeconds")}
          onChange={(value) => set({ retryBackoffSeconds: Number(value) || 0 })}
        />
        <NumberInput
          label="In progress at most, seconds"
          description="After that it is lost."
          min={1}
          max={2_592_000}
          value={rules.leaseSeconds}
          error={problem?.field("/leaseSeconds")}
          onChange={(value) => set({ leaseSeconds: Number(value) || 1 })}
        />
        <Select
          label="Lost items"
          description="Their outcome is unknown."
          data={LOST}
          value={rules.onLost}
          allowDeselect={false}
          onChange={(value) => set({ onLost: value === "retry" ? "retry" : "hold" })}
        />
      </div>
      {!queue && (
        <Checkbox
          label="No reference twice"
          description="For good: an item whose reference is there already is refused."
          checked={unique}
          onChange={(event) => setUnique(event.currentTarget.checked)}
        />
      )}
      <Textarea
        label="Payload, as JSON Schema"
        description="Empty: any payload."
        classNames={{ input: "mono" }}
        autosize
        minRows={2}
        maxRows={12}
        value={schema}
        error={schemaProblem}
        onChange={(event) => setSchema(event.currentTarget.value)}
      />
      {problem && problem.fields.length === 0 && <ErrorNote what="It was not saved." error={problem} />}
      <FormFoot
        onCancel={onClose}
        isPending={save.isPending}
        disabled={!rules.name.trim() || read.problem !== undefined}
      >
        {queue ? "Save" : "Create"}
      </FormFoot>
    </form>
  );
}

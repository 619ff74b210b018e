import { Modal, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { asProblem } from "~/api/problem";
import { ErrorNote } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";

/** Name and purpose; the rest is drawn in the Studio, which opens next. */
export function CreateWorkflow({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="New workflow"
      size={440}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Form onClose={onClose} />
    </Modal>
  );
}

function Form({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [key] = useState(newIdempotencyKey);
  const create = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/workflows", {
          params: { header: { "Idempotency-Key": `${key}${name}`.slice(0, 200) } },
          body: { name: name.trim(), description },
        }),
      ),
    onSuccess: ({ workflow }) =>
      void navigate({ to: "/workflows/$workflowId/studio", params: { workflowId: workflow.id } }),
  });
  const problem = create.error ? asProblem(create.error) : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    create.mutate();
  }

  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        label="Name"
        placeholder="Invoice intake"
        required
        withAsterisk={false}
        data-autofocus
        value={name}
        error={problem?.field("/name")}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label="What it does"
        autosize
        minRows={2}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      {problem && !problem.field("/name") && <ErrorNote what="It was not made." error={problem} />}
      <FormFoot onCancel={onClose} isPending={create.isPending} disabled={!name.trim()}>
        Create and open
      </FormFoot>
    </form>
  );
}

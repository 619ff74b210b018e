import { Modal, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { asProblem } from "~/api/problem";
import { ErrorNote } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";

import { VARIABLES, type Variable } from "./queries";
import { readValue, writeValue } from "./value";

interface VariableFormProps {
  /** The one to change; a new one without. */
  variable?: Variable | undefined;
  onClose: () => void;
}

/** Name, value and what it is for. */
export function VariableForm({ variable, onClose }: VariableFormProps) {
  const client = useQueryClient();
  const [key] = useState(newIdempotencyKey);
  const [name, setName] = useState(variable?.name ?? "");
  const [text, setText] = useState(variable ? writeValue(variable.value) : "");
  const [description, setDescription] = useState(variable?.description ?? "");
  const [broken, setBroken] = useState("");
  const save = useMutation({
    mutationFn: (value: unknown) => {
      const body = { name: name.trim(), value, description };
      if (variable === undefined) {
        const header = { "Idempotency-Key": `${key}${name}${text}`.replace(/[^\x20-\x7e]/g, "_").slice(0, 200) };
        return unwrap(api.POST("/api/variables", { params: { header }, body }));
      }
      const params = { path: { variableId: variable.id } };
      const headers = { "If-Match": `"${variable.etag}"` };
      return unwrap(api.PATCH("/api/variables/{variableId}", { params, headers, body }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: VARIABLES });
      onClose();
    },
  });
  const problem = save.error ? asProblem(save.error) : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    try {
      save.mutate(readValue(text));
    } catch (error) {
      setBroken(error instanceof Error ? error.message : "This is no JSON.");
    }
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={variable ? `Change ${variable.name}` : "New variable"}
      size={480}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form className="stack" onSubmit={submit}>
        <TextInput
          label="Name"
          description={`Workflows read it as globals.${name.trim() || "name"}.`}
          data-autofocus={variable ? undefined : true}
          value={name}
          error={problem?.field("/name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label="Value"
          description="Text, a number, or any JSON. Everybody who sees workflows sees it: no passwords."
          autosize
          minRows={2}
          maxRows={16}
          data-autofocus={variable ? true : undefined}
          value={text}
          error={broken || problem?.field("/value")}
          onChange={(event) => {
            setBroken("");
            setText(event.currentTarget.value);
          }}
        />
        <TextInput
          label="What it is for"
          value={description}
          error={problem?.field("/description")}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        {problem && problem.fields.length === 0 && <ErrorNote what="It was not saved." error={problem} />}
        <FormFoot onCancel={onClose} isPending={save.isPending} disabled={!name.trim() || !text}>
          {variable ? "Save" : "Create"}
        </FormFoot>
      </form>
    </Modal>
  );
}

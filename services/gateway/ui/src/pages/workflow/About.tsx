/** Name, purpose and tags, to read and to change; and how a program starts it. */
import { Button, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { CopyField } from "~/shared/Copy";
import { nameActor } from "~/shared/executions/story";
import { ErrorNote, toast } from "~/shared/Feedback";
import { Facts, Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import type { Workflow } from "./queries";

export function About({ workflow }: { workflow: Workflow }) {
  const mayEdit = useMay("workflow:edit");
  const start = `curl -X POST ${window.location.origin}/api/executions -H "Authorization: Bearer $EXEKRA_API_KEY" -H "Content-Type: application/json" -d '{"workflowId": "${workflow.id}"}'`;
  return (
    <>
      <Panel title="About">
        {mayEdit ? (
          <Form key={workflow.etag} workflow={workflow} />
        ) : (
          <p className="mut">{workflow.description || "No description."}</p>
        )}
      </Panel>
      <Panel title="Facts">
        <Facts
          rows={[
            [
              "Id",
              <span key="id" className="mono">
                {workflow.id}
              </span>,
            ],
            ["Made by", nameActor(workflow.createdBy)],
            ["Made", <Time key="made" at={workflow.createdAt} />],
            ["Changed", <Time key="changed" at={workflow.updatedAt} />],
          ]}
        />
      </Panel>
      <Panel title="Start it from a program">
        <div className="stack">
          <p className="mut prose">
            With an API key that may run executions. A header Idempotency-Key makes a repeated call safe.
          </p>
          <CopyField text={start} what="the call" />
        </div>
      </Panel>
    </>
  );
}

function Form({ workflow }: { workflow: Workflow }) {
  const client = useQueryClient();
  const [name, setName] = useState(workflow.name);
  const [description, setDescription] = useState(workflow.description);
  const [tags, setTags] = useState(workflow.tags);
  const save = useMutation({
    mutationFn: () =>
      unwrap(
        api.PATCH("/api/workflows/{workflowId}", {
          params: { path: { workflowId: workflow.id } },
          body: { name: name.trim(), description, tags },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["workflow", workflow.id] });
      toast("Saved.");
    },
  });
  const isChanged =
    name !== workflow.name || description !== workflow.description || tags.join() !== workflow.tags.join();

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }

  return (
    <form className="stack" style={{ maxWidth: 560 }} onSubmit={submit}>
      <TextInput
        label="Name"
        required
        withAsterisk={false}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label="What it does"
        autosize
        minRows={2}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <TagsInput
        label="Tags"
        value={tags}
        onChange={setTags}
        maxTags={20}
        placeholder={tags.length === 0 ? "finance" : ""}
      />
      {save.error && <ErrorNote what="It was not saved." error={save.error} />}
      <div className="row">
        <Button type="submit" variant="filled" disabled={!isChanged || !name.trim()} loading={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}

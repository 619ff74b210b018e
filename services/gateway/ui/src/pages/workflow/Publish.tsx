/** Publishing the latest draft, with a note for those who come later. */
import { Button, Modal, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { ErrorNote, toast } from "~/shared/Feedback";

import type { Workflow } from "./queries";

export function PublishButton({ workflow }: { workflow: Workflow }) {
  const [opened, setOpened] = useState(false);
  const mayPublish = useMay("workflow:publish");
  if (!mayPublish) return null;
  return (
    <>
      <Button size="xs" onClick={() => setOpened(true)}>
        Publish {workflow.draftVersion}…
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={`Publish version ${workflow.draftVersion}`}
        size={440}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Form workflow={workflow} onClose={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function Form({ workflow, onClose }: { workflow: Workflow; onClose: () => void }) {
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const publish = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/workflows/{workflowId}/publish", {
          params: { path: { workflowId: workflow.id } },
          body: { version: workflow.draftVersion, note },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["workflow", workflow.id] });
      toast(`Version ${workflow.draftVersion} is published: from now on it is what runs.`);
      onClose();
    },
  });
  return (
    <div className="stack">
      <p className="mut">
        {workflow.publishedVersion === null
          ? "From then on it can be started by people, programs and triggers."
          : `New executions run it in place of version ${workflow.publishedVersion}. What runs now goes on as it began.`}
      </p>
      <Textarea
        label="What changed"
        placeholder="VAT rate from the PDF, not fixed"
        autosize
        minRows={2}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        data-autofocus
      />
      {publish.error && <ErrorNote what="It was not published." error={publish.error} />}
      <div className="row">
        <Button className="end" onClick={onClose}>
          Cancel
        </Button>
        <Button variant="filled" loading={publish.isPending} onClick={() => publish.mutate()}>
          Publish
        </Button>
      </div>
    </div>
  );
}

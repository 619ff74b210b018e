import { Button, FileInput, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { Problem } from "~/api/problem";
import { ErrorNote, toast } from "~/shared/Feedback";
import { plural } from "~/shared/format";

/** A workflow from a file that another Hub exported. */
export function ImportWorkflow({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const bring = useMutation({
    mutationFn: async (from: File) => unwrap(api.POST("/api/workflows/import", { body: await read(from) })),
    onSuccess: ({ workflow, problems }) => {
      void client.invalidateQueries({ queryKey: ["workflows"] });
      toast(
        problems.length > 0
          ? `Imported “${workflow.name}”, with ${plural(problems.length, "problem")} to solve before publishing.`
          : `Imported “${workflow.name}”.`,
      );
      void navigate({ to: "/workflows/$workflowId", params: { workflowId: workflow.id } });
    },
  });
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Import a workflow"
      size={440}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <div className="stack">
        <p className="mut">
          A JSON file made by “Export” here or on another Hub. It becomes a new workflow; nothing that is here changes.
        </p>
        <FileInput
          label="File"
          accept="application/json,.json"
          placeholder="Choose a file"
          value={file}
          onChange={setFile}
          clearable
          data-autofocus
        />
        {bring.error && <ErrorNote what="It was not imported." error={bring.error} />}
        <div className="row">
          <Button className="end" onClick={onClose}>
            Cancel
          </Button>
          <Button
            variant="filled"
            disabled={!file}
            loading={bring.isPending}
            onClick={() => file && bring.mutate(file)}
          >
            Import
          </Button>
        </div>
      </div>
    </Modal>
  );
}

async function read(file: File): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await file.text()) as Record<string, unknown>;
  } catch {
    throw new Problem({ status: 422, detail: `${file.name} is no JSON file. Choose the file that an export made.` });
  }
}

/** What can be done with a workflow besides opening it. */
import { ActionIcon, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconCopy, IconDots, IconDownload, IconEdit, IconTrash } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, newIdempotencyKey, unwrap, type Schema } from "~/api/client";
import { useMay } from "~/api/session";

import { Confirm } from "./Confirm";
import { toast, toastProblem } from "./Feedback";

type Workflow = Pick<Schema<"WorkflowShape">, "id" | "name">;

export function WorkflowMenu({ workflow }: { workflow: Workflow }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayEdit = useMay("workflow:edit");
  const [deleting, setDeleting] = useState(false);
  const path = { workflowId: workflow.id };

  const duplicate = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/workflows/{workflowId}/duplicate", {
          params: { path, header: { "Idempotency-Key": newIdempotencyKey() } },
          body: {},
        }),
      ),
    onSuccess: ({ workflow: copy }) => {
      void client.invalidateQueries({ queryKey: ["workflows"] });
      toast(`Copied to “${copy.name}”.`);
      void navigate({ to: "/workflows/$workflowId", params: { workflowId: copy.id } });
    },
    onError: (error) => toastProblem("It was not copied.", error),
  });

  async function remove() {
    await unwrap(api.DELETE("/api/workflows/{workflowId}", { params: { path } }));
    toast(`Deleted “${workflow.name}”. Its executions keep their history.`);
    await navigate({ to: "/workflows" });
    await client.invalidateQueries({ queryKey: ["workflows"] });
  }

  return (
    <>
      <Menu width={200}>
        <Menu.Target>
          <ActionIcon aria-label={`More for ${workflow.name}`}>
            <IconDots size={16} stroke={1.5} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconEdit size={16} stroke={1.5} />}
            onClick={() => void navigate({ to: "/workflows/$workflowId/studio", params: path })}
          >
            Open in the Studio
          </Menu.Item>
          <Menu.Item
            component="a"
            href={`/api/workflows/${workflow.id}/export`}
            download={`${workflow.name}.json`}
            leftSection={<IconDownload size={16} stroke={1.5} />}
          >
            Export as a file
          </Menu.Item>
          {mayEdit && (
            <>
              <Menu.Item leftSection={<IconCopy size={16} stroke={1.5} />} onClick={() => duplicate.mutate()}>
                Duplicate
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item
                data-danger
                leftSection={<IconTrash size={16} stroke={1.5} />}
                onClick={() => setDeleting(true)}
              >
                Delete…
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={deleting}
        onClose={() => setDeleting(false)}
        title={`Delete “${workflow.name}”?`}
        confirm="Delete"
        onConfirm={remove}
      >
        All its versions go and nothing can start it any more. What runs now goes on; executions keep their history.
        Export it first if it may be needed again.
      </Confirm>
    </>
  );
}

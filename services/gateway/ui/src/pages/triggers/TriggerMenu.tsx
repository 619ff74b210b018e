/** What is done rarely with a trigger: a new secret, deleting it. */
import { ActionIcon, Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { IconDots, IconKey, IconListDetails, IconTrash } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { Confirm } from "~/shared/Confirm";
import { toast } from "~/shared/Feedback";
import { formatInstant } from "~/shared/format";

import { TRIGGERS, type Trigger } from "./queries";
import { SecretOnce } from "./SecretOnce";

const ICON = { size: 16, stroke: 1.5 } as const;

export function TriggerMenu({ trigger }: { trigger: Trigger }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayEdit = useMay("trigger:edit");
  const [asked, setAsked] = useState<"rotate" | "delete" | null>(null);
  const [rotated, setRotated] = useState<{ secret: string; note: string } | null>(null);
  const path = { triggerId: trigger.id };
  const hasSecret = trigger.kind === "webhook" && trigger.auth !== null && trigger.auth.type !== "none";

  async function rotate() {
    const answer = await unwrap(
      api.POST("/api/triggers/{triggerId}/rotate", {
        params: { path, header: { "Idempotency-Key": newIdempotencyKey() } },
      }),
    );
    const until = answer.trigger.previousSecretUntil;
    setRotated({
      secret: answer.secret ?? "",
      note: until ? `The old secret is good until ${formatInstant(new Date(until))} as well.` : "",
    });
    await client.invalidateQueries({ queryKey: TRIGGERS });
  }
  async function remove() {
    await unwrap(api.DELETE("/api/triggers/{triggerId}", { params: { path } }));
    toast(`Deleted “${trigger.name}”. Its ledger and executions stay.`);
    await navigate({ to: "/triggers" });
    await client.invalidateQueries({ queryKey: TRIGGERS });
  }

  return (
    <>
      <Menu width={220}>
        <Menu.Target>
          <ActionIcon aria-label={`More for ${trigger.name}`}>
            <IconDots {...ICON} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconListDetails {...ICON} />}
            onClick={() => void navigate({ to: "/executions", search: { workflowId: trigger.workflowId } })}
          >
            Executions of the workflow
          </Menu.Item>
          {mayEdit && hasSecret && (
            <Menu.Item leftSection={<IconKey {...ICON} />} onClick={() => setAsked("rotate")}>
              Make a new secret…
            </Menu.Item>
          )}
          {mayEdit && (
            <Menu.Item data-danger leftSection={<IconTrash {...ICON} />} onClick={() => setAsked("delete")}>
              Delete…
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={asked === "rotate"}
        onClose={() => setAsked(null)}
        title={`Make a new secret for “${trigger.name}”?`}
        confirm="Make it"
        onConfirm={rotate}
      >
        The old one stays good for a while, so that the sender can be changed without losing a delivery.
      </Confirm>
      <Confirm
        opened={asked === "delete"}
        onClose={() => setAsked(null)}
        title={`Delete “${trigger.name}”?`}
        confirm="Delete"
        onConfirm={remove}
      >
        {trigger.kind === "webhook"
          ? "Its address answers no more, and what it holds is forgotten."
          : "It fires no more, and what it holds is forgotten."}{" "}
        Executions keep their history. To stop it for a while, switch it off instead.
      </Confirm>
      {rotated && <SecretOnce {...rotated} url={trigger.url} onClose={() => setRotated(null)} />}
    </>
  );
}

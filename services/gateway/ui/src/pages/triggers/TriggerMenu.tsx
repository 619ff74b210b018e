/** What is done rarely with a trigger: a new secret, deleting it. */
import { useQueryClient } from "@tanstack/react-query";
import { IconKey, IconListDetails, IconTrash } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { toast } from "~/shared/Feedback";
import { formatInstant } from "~/shared/format";
import { MoreMenu } from "~/shared/MoreMenu";

import { TRIGGERS, type Trigger } from "./queries";
import { SecretOnce } from "./SecretOnce";

const ENDING = {
  webhook: "Its address answers no more, and what it holds is forgotten.",
  schedule: "It fires no more, and what it holds is forgotten.",
};

export function TriggerMenu({ trigger }: { trigger: Trigger }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayEdit = useMay("trigger:edit");
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
      <MoreMenu
        of={trigger.name}
        actions={[
          {
            label: "Executions of the workflow",
            icon: IconListDetails,
            act: () => navigate({ to: "/executions", search: { workflowId: trigger.workflowId } }),
          },
          mayEdit &&
            hasSecret && {
              label: "Make a new secret…",
              icon: IconKey,
              asks: {
                title: `Make a new secret for “${trigger.name}”?`,
                confirm: "Make it",
                text: "The old one stays good for a while, so that the sender can be changed without losing a delivery.",
              },
              act: rotate,
            },
          mayEdit && {
            label: "Delete…",
            icon: IconTrash,
            isDangerous: true,
            asks: {
              title: `Delete “${trigger.name}”?`,
              confirm: "Delete",
              text: `${ENDING[trigger.kind]} Executions keep their history. To stop it for a while, switch it off instead.`,
            },
            act: remove,
          },
        ]}
      />
      {rotated && <SecretOnce {...rotated} url={trigger.url} onClose={() => setRotated(null)} />}
    </>
  );
}

/** What is done rarely with an endpoint: on and off, a new secret, deleting it. */
import { Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { IconBan, IconKey, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { toast, toastProblem } from "~/shared/Feedback";
import { formatInstant } from "~/shared/format";
import { MoreMenu } from "~/shared/MoreMenu";

import { Secret } from "./EndpointForm";
import { ENDPOINTS, type Endpoint } from "./queries";

export function EndpointMenu({ endpoint }: { endpoint: Endpoint }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [rotated, setRotated] = useState<{ secret: string; note: string } | null>(null);
  const params = { path: { endpointId: endpoint.id } };
  const fresh = () => client.invalidateQueries({ queryKey: ENDPOINTS });

  async function toggle() {
    try {
      await unwrap(api.PATCH("/api/event-endpoints/{endpointId}", { params, body: { enabled: !endpoint.enabled } }));
      toast(endpoint.enabled ? "It is told nothing any more." : "It is told again from now on.");
      await fresh();
    } catch (error) {
      toastProblem("It was not switched.", error);
    }
  }
  async function rotate() {
    const answer = await unwrap(api.POST("/api/event-endpoints/{endpointId}/rotate", { params, body: {} }));
    const until = answer.endpoint.previousSecretUntil;
    setRotated({
      secret: answer.secret,
      note: until ? `The old secret signs beside it until ${formatInstant(new Date(until))}.` : "",
    });
    await fresh();
  }
  async function remove() {
    await unwrap(api.DELETE("/api/event-endpoints/{endpointId}", { params }));
    toast(`Deleted “${endpoint.name}”.`);
    await navigate({ to: "/event-endpoints" });
    await fresh();
  }

  return (
    <>
      <MoreMenu
        of={endpoint.name}
        actions={[
          {
            label: endpoint.enabled ? "Switch off" : "Switch on",
            icon: endpoint.enabled ? IconBan : IconPlayerPlay,
            act: toggle,
          },
          {
            label: "Make a new secret…",
            icon: IconKey,
            asks: {
              title: `Make a new secret for “${endpoint.name}”?`,
              confirm: "Make it",
              text: "For a day the old one signs beside the new one, so that the receiver can be changed without losing an event.",
            },
            act: rotate,
          },
          {
            label: "Delete…",
            icon: IconTrash,
            isDangerous: true,
            asks: {
              title: `Delete “${endpoint.name}”?`,
              confirm: "Delete",
              text: "What was still to be sent to it is forgotten. To stop it for a while, switch it off instead.",
            },
            act: remove,
          },
        ]}
      />
      <Modal
        opened={rotated !== null}
        onClose={() => setRotated(null)}
        title="The new secret"
        size={520}
        closeOnClickOutside={false}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {rotated && <Secret {...rotated} onDone={() => setRotated(null)} />}
      </Modal>
    </>
  );
}

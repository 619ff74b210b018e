/** What is done rarely with an endpoint: on and off, a new secret, deleting it. */
import { ActionIcon, Menu, Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { IconBan, IconDots, IconKey, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { Confirm } from "~/shared/Confirm";
import { toast, toastProblem } from "~/shared/Feedback";
import { formatInstant } from "~/shared/format";

import { Secret } from "./EndpointForm";
import { ENDPOINTS, type Endpoint } from "./queries";

const ICON = { size: 16, stroke: 1.5 } as const;

export function EndpointMenu({ endpoint }: { endpoint: Endpoint }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [asked, setAsked] = useState<"rotate" | "delete" | null>(null);
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
      <Menu width={220}>
        <Menu.Target>
          <ActionIcon aria-label={`More for ${endpoint.name}`}>
            <IconDots {...ICON} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={endpoint.enabled ? <IconBan {...ICON} /> : <IconPlayerPlay {...ICON} />}
            onClick={() => void toggle()}
          >
            {endpoint.enabled ? "Switch off" : "Switch on"}
          </Menu.Item>
          <Menu.Item leftSection={<IconKey {...ICON} />} onClick={() => setAsked("rotate")}>
            Make a new secret…
          </Menu.Item>
          <Menu.Item data-danger leftSection={<IconTrash {...ICON} />} onClick={() => setAsked("delete")}>
            Delete…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={asked === "rotate"}
        onClose={() => setAsked(null)}
        title={`Make a new secret for “${endpoint.name}”?`}
        confirm="Make it"
        onConfirm={rotate}
      >
        For a day the old one signs beside the new one, so that the receiver can be changed without losing an event.
      </Confirm>
      <Confirm
        opened={asked === "delete"}
        onClose={() => setAsked(null)}
        title={`Delete “${endpoint.name}”?`}
        confirm="Delete"
        onConfirm={remove}
      >
        What was still to be sent to it is forgotten. To stop it for a while, switch it off instead.
      </Confirm>
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

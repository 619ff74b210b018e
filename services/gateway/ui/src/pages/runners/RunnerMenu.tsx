/** What an administrator does with a runner: drain, disable, a new secret, delete. */
import { ActionIcon, Menu, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconBan, IconDots, IconDownload, IconKey, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, unwrap, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { Confirm } from "~/shared/Confirm";
import { toast, toastProblem } from "~/shared/Feedback";

import { Command } from "./Pairing";
import { RUNNERS, type Runner } from "./queries";

type Asked = "rotate" | "disable" | "delete" | null;

const ICON = { size: 16, stroke: 1.5 } as const;

export function RunnerMenu({ runner }: { runner: Runner }) {
  const mayManage = useMay("runner:manage");
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Asked>(null);
  const [secret, setSecret] = useState<Schema<"RunnerSecret"> | null>(null);
  const params = { path: { runnerId: runner.id } };
  const refresh = () => client.invalidateQueries({ queryKey: RUNNERS });

  const drain = useMutation({
    mutationFn: () =>
      unwrap(
        runner.draining
          ? api.POST("/api/runners/{runnerId}/resume", { params })
          : api.POST("/api/runners/{runnerId}/drain", { params }),
      ),
    onSuccess: async () => {
      toast(
        runner.draining
          ? `${runner.name} takes work again.`
          : `${runner.name} finishes what it does and takes nothing new.`,
      );
      await refresh();
    },
    onError: (error) => toastProblem("Nothing changed.", error),
  });
  const enable = async (disabled: boolean) => {
    await unwrap(api.PATCH("/api/runners/{runnerId}", { params, body: { disabled } }));
    toast(disabled ? `${runner.name} is disabled.` : `${runner.name} may connect again.`);
    await refresh();
  };
  const rotate = async () => setSecret(await unwrap(api.POST("/api/runners/{runnerId}/rotate-secret", { params })));
  const remove = async () => {
    await unwrap(api.DELETE("/api/runners/{runnerId}", { params }));
    toast(`Deleted ${runner.name}.`);
    await navigate({ to: "/runners" });
    await refresh();
  };

  if (!mayManage) return null;
  return (
    <>
      <Menu width={210}>
        <Menu.Target>
          <ActionIcon aria-label={`More for ${runner.name}`}>
            <IconDots {...ICON} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={runner.draining ? <IconPlayerPlay {...ICON} /> : <IconDownload {...ICON} />}
            onClick={() => drain.mutate()}
          >
            {runner.draining ? "Give it work again" : "Drain"}
          </Menu.Item>
          <Menu.Item leftSection={<IconKey {...ICON} />} onClick={() => setAsked("rotate")}>
            New secret…
          </Menu.Item>
          {runner.disabled ? (
            <Menu.Item
              leftSection={<IconPlayerPlay {...ICON} />}
              onClick={() => void enable(false).catch((error: unknown) => toastProblem("It is still disabled.", error))}
            >
              Enable
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<IconBan {...ICON} />} onClick={() => setAsked("disable")}>
              Disable…
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item data-danger leftSection={<IconTrash {...ICON} />} onClick={() => setAsked("delete")}>
            Delete…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={asked === "rotate"}
        onClose={() => setAsked(null)}
        title={`New secret for ${runner.name}?`}
        confirm="Make a new secret"
        onConfirm={rotate}
      >
        The old secret stops working at once. The runner has to be paired again with the new command.
      </Confirm>
      <Confirm
        opened={asked === "disable"}
        onClose={() => setAsked(null)}
        title={`Disable ${runner.name}?`}
        confirm="Disable"
        onConfirm={() => enable(true)}
      >
        It is disconnected within a heartbeat and cannot come back until it is enabled. What it runs becomes lost; to
        let it finish, drain it instead.
      </Confirm>
      <Confirm
        opened={asked === "delete"}
        onClose={() => setAsked(null)}
        title={`Delete ${runner.name}?`}
        confirm="Delete"
        onConfirm={remove}
      >
        Its key is dead at once. Its executions keep their history.
      </Confirm>
      <Modal
        opened={secret !== null}
        onClose={() => setSecret(null)}
        title={`Pair ${runner.name} again`}
        size={560}
        closeOnClickOutside={false}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {secret && <Command registered={secret} onClose={() => setSecret(null)} />}
      </Modal>
    </>
  );
}

/** What an administrator does with a runner: drain, disable, a new secret, delete. */
import { Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconBan, IconDownload, IconKey, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, unwrap, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { toast, toastProblem } from "~/shared/Feedback";
import { MoreMenu } from "~/shared/MoreMenu";

import { Command } from "./Pairing";
import { RUNNERS, type Runner } from "./queries";

export function RunnerMenu({ runner }: { runner: Runner }) {
  const mayManage = useMay("runner:manage");
  const client = useQueryClient();
  const navigate = useNavigate();
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
      <MoreMenu
        of={runner.name}
        actions={[
          {
            label: runner.draining ? "Give it work again" : "Drain",
            icon: runner.draining ? IconPlayerPlay : IconDownload,
            act: () => drain.mutate(),
          },
          {
            label: "New secret…",
            icon: IconKey,
            asks: {
              title: `New secret for ${runner.name}?`,
              confirm: "Make a new secret",
              text: "The old secret stops working at once. The runner has to be paired again with the new command.",
            },
            act: rotate,
          },
          runner.disabled && {
            label: "Enable",
            icon: IconPlayerPlay,
            act: () => enable(false).catch((error: unknown) => toastProblem("It is still disabled.", error)),
          },
          !runner.disabled && {
            label: "Disable…",
            icon: IconBan,
            asks: {
              title: `Disable ${runner.name}?`,
              confirm: "Disable",
              text: "It is disconnected within a heartbeat and cannot come back until it is enabled. What it runs becomes lost; to let it finish, drain it instead.",
            },
            act: () => enable(true),
          },
          {
            label: "Delete…",
            icon: IconTrash,
            isDangerous: true,
            asks: {
              title: `Delete ${runner.name}?`,
              confirm: "Delete",
              text: "Its key is dead at once. Its executions keep their history.",
            },
            act: remove,
          },
        ]}
      />
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

/** What a person does about an item: have it tried again, decide about a lost one, postpone it, delete it. */
import { Button, Modal, NumberInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconBan, IconClockPause, IconTrash } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { api, unwrap } from "~/api/client";
import { Confirm } from "~/shared/Confirm";
import { ErrorNote, toast, toastProblem } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";
import { MoreMenu } from "~/shared/MoreMenu";

import { named } from "./Items";
import { QUEUES, type Item } from "./queries";
import classes from "./Queues.module.css";
import { RETRYABLE } from "./words";

export function ItemActions({ item }: { item: Item }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [open, setOpen] = useState<"done" | "postpone" | null>(null);
  const path = { queueId: item.queueId, itemId: item.id };
  const refresh = () => client.invalidateQueries({ queryKey: QUEUES });
  const retry = useMutation({
    mutationFn: () => unwrap(api.POST("/api/queues/{queueId}/items/{itemId}/retry", { params: { path } })),
    onSuccess: async () => {
      toast("It waits again.");
      await refresh();
    },
    onError: (error) => toastProblem("It was not put back.", error),
  });

  async function resolve(outcome: "successful" | "businessFailed") {
    await unwrap(api.POST("/api/queues/{queueId}/items/{itemId}/resolve", { params: { path }, body: { outcome } }));
    toast(outcome === "successful" ? "It counts as done." : "It counts as rejected.");
    await refresh();
  }

  async function remove() {
    await unwrap(api.DELETE("/api/queues/{queueId}/items/{itemId}", { params: { path } }));
    toast(`Deleted ${named(item)}.`);
    await navigate({ to: "/queues/$queueId", params: { queueId: item.queueId } });
    await refresh();
  }

  return (
    <>
      <MoreMenu
        of={named(item)}
        actions={[
          item.status === "new" && { label: "Postpone", icon: IconClockPause, act: () => setOpen("postpone") },
          item.status === "lost" && {
            label: "Reject…",
            icon: IconBan,
            asks: {
              title: `Reject ${named(item)}?`,
              confirm: "Reject",
              text: "It counts as a business failure: it was not done, and nothing tries it again.",
            },
            act: () => resolve("businessFailed"),
          },
          item.status !== "inProgress" && {
            label: "Delete…",
            icon: IconTrash,
            isDangerous: true,
            asks: { title: `Delete ${named(item)}?`, confirm: "Delete", text: "Its history goes with it." },
            act: remove,
          },
        ]}
      />
      {item.status === "lost" && <Button onClick={() => setOpen("done")}>It was done</Button>}
      {RETRYABLE.has(item.status) && (
        <Button variant="filled" loading={retry.isPending} onClick={() => retry.mutate()}>
          Try again
        </Button>
      )}
      <Confirm
        opened={open === "done"}
        onClose={() => setOpen(null)}
        title="Was it done?"
        confirm="It was done"
        onConfirm={() => resolve("successful")}
      >
        The item then counts as done, and nothing tries it again. It is noted who said so.
      </Confirm>
      {open === "postpone" && <Postpone item={item} onClose={() => setOpen(null)} />}
    </>
  );
}

function Postpone({ item, onClose }: { item: Item; onClose: () => void }) {
  const client = useQueryClient();
  const [notBefore, setNotBefore] = useState("");
  const [priority, setPriority] = useState(item.priority);
  const change = useMutation({
    mutationFn: () =>
      unwrap(
        api.PATCH("/api/queues/{queueId}/items/{itemId}", {
          params: { path: { queueId: item.queueId, itemId: item.id } },
          body: { priority, ...(notBefore && { notBefore: new Date(notBefore).toISOString() }) },
        }),
      ),
    onSuccess: async () => {
      toast("Changed.");
      await client.invalidateQueries({ queryKey: QUEUES });
      onClose();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    change.mutate();
  }

  return (
    <Modal opened onClose={onClose} title="When it is taken" size={440} closeButtonProps={{ "aria-label": "Close" }}>
      <form className="stack" onSubmit={submit}>
        <div className={classes["pair"]}>
          <TextInput
            label="Not before"
            type="datetime-local"
            data-autofocus
            value={notBefore}
            onChange={(event) => setNotBefore(event.currentTarget.value)}
          />
          <NumberInput
            label="Priority"
            min={1}
            max={100}
            value={priority}
            onChange={(value) => setPriority(Number(value) || item.priority)}
          />
        </div>
        {change.error && <ErrorNote what="It was not changed." error={change.error} />}
        <FormFoot onCancel={onClose} isPending={change.isPending}>
          Save
        </FormFoot>
      </form>
    </Modal>
  );
}

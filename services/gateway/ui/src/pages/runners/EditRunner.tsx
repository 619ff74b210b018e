import { Button, Modal, NumberInput, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconEdit } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { ErrorNote, toast } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";

import { RUNNERS, type Runner } from "./queries";

/** Name, purpose, labels and slots. */
export function EditRunner({ runner }: { runner: Runner }) {
  const [opened, setOpened] = useState(false);
  const mayManage = useMay("runner:manage");
  if (!mayManage) return null;
  return (
    <>
      <Button leftSection={<IconEdit size={16} stroke={1.5} />} onClick={() => setOpened(true)}>
        Change
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={`Change ${runner.name}`}
        size={440}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Form runner={runner} onClose={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function Form({ runner, onClose }: { runner: Runner; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(runner.name);
  const [description, setDescription] = useState(runner.description);
  const [labels, setLabels] = useState(runner.labels);
  const [slots, setSlots] = useState<number | string>(runner.slots);
  const save = useMutation({
    mutationFn: () =>
      unwrap(
        api.PATCH("/api/runners/{runnerId}", {
          params: { path: { runnerId: runner.id } },
          body: { name: name.trim(), description, labels, slots: Number(slots) || 1 },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: RUNNERS });
      toast("Saved. It holds from the next assignment on.");
      onClose();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }

  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        label="Name"
        required
        withAsterisk={false}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <Textarea
        label="What it is for"
        autosize
        minRows={2}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <TagsInput label="Labels" value={labels} onChange={setLabels} splitChars={[",", " "]} />
      <NumberInput label="Slots" min={1} max={64} value={slots} onChange={setSlots} w={120} />
      {save.error && <ErrorNote what="It was not saved." error={save.error} />}
      <FormFoot onCancel={onClose} isPending={save.isPending} disabled={!name.trim()}>
        Save
      </FormFoot>
    </form>
  );
}

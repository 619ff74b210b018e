import { Checkbox, Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { useMe } from "~/api/session";
import { ErrorNote } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";
import { ShownOnce } from "~/shared/ShownOnce";

const DAY = 86_400_000;
const LIFETIMES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "a year" },
  { value: "", label: "never" },
];
const USUAL = ["execution:run", "execution:view"];

/** Name, rights and lifetime; then the key, once. */
export function CreateApiKey({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="New API key"
      size={480}
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Steps onClose={onClose} />
    </Modal>
  );
}

function Steps({ onClose }: { onClose: () => void }) {
  const me = useMe();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState(USUAL.filter((scope) => me.permissions.includes(scope)));
  const [days, setDays] = useState("90");
  const [key] = useState(newIdempotencyKey);
  const create = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/api-keys", {
          params: { header: { "Idempotency-Key": `${key}${name}`.slice(0, 200) } },
          body: {
            name: name.trim(),
            scopes,
            ...(days ? { expiresAt: new Date(Date.now() + Number(days) * DAY).toISOString() } : {}),
          },
        }),
      ),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["api-keys"] }),
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    create.mutate();
  }

  if (create.data) {
    return (
      <ShownOnce
        words={`The key “${create.data.apiKey.name}”. It is shown this once: keep it where the program finds it and nobody else does.`}
        fields={[{ text: create.data.key, what: "the key" }]}
        note="Send it as Authorization: Bearer …"
        onDone={onClose}
      />
    );
  }
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        label="Name"
        placeholder="tax-portal"
        description="The program that will use it."
        required
        withAsterisk={false}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Checkbox.Group label="It may" value={scopes} onChange={setScopes}>
        <div style={{ columns: 2, marginTop: 4 }}>
          {me.permissions.map((permission) => (
            <Checkbox key={permission} value={permission} label={<span className="mono">{permission}</span>} py={3} />
          ))}
        </div>
      </Checkbox.Group>
      <Select
        label="Expires"
        description={days ? undefined : "A key that never ends is forgotten easily."}
        data={LIFETIMES}
        value={days}
        onChange={(value) => setDays(value ?? "")}
        w={180}
      />
      {create.error && <ErrorNote what="No key was made." error={create.error} />}
      <FormFoot onCancel={onClose} isPending={create.isPending} disabled={!name.trim() || scopes.length === 0}>
        Make the key
      </FormFoot>
    </form>
  );
}

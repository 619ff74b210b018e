/** Registering a machine: name it, run one command there, wait until it is heard of. The secret is shown once. */
import { Button, Modal, NumberInput, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconCheck } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap, type Schema } from "~/api/client";
import { asProblem } from "~/api/problem";
import { CopyField } from "~/shared/Copy";
import { ErrorNote } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";
import { StatusIcon } from "~/shared/Status";

import { Fingerprint } from "./Fingerprint";
import { runnerQuery, RUNNERS } from "./queries";
import classes from "./Runners.module.css";

type Registered = Schema<"RunnerSecret">;

const HEARD_MILLISECONDS = 2_000;

export function Pairing({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Pair a runner"
      size={560}
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Steps onClose={onClose} />
    </Modal>
  );
}

function Steps({ onClose }: { onClose: () => void }) {
  const [registered, setRegistered] = useState<Registered | null>(null);
  return registered ? (
    <Command registered={registered} onClose={onClose} />
  ) : (
    <Form onRegistered={setRegistered} onClose={onClose} />
  );
}

function Form({ onRegistered, onClose }: { onRegistered: (registered: Registered) => void; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [labels, setLabels] = useState<string[]>([]);
  const [slots, setSlots] = useState<number | string>(1);
  const [key] = useState(newIdempotencyKey);
  const register = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/runners", {
          params: { header: { "Idempotency-Key": `${key}${name}`.slice(0, 200) } },
          body: { name: name.trim(), labels, slots: Number(slots) || 1 },
        }),
      ),
    onSuccess: (answer) => {
      void client.invalidateQueries({ queryKey: RUNNERS });
      onRegistered(answer);
    },
  });
  const problem = register.error ? asProblem(register.error) : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    register.mutate();
  }

  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        label="Name"
        description="What people call the machine."
        placeholder="FIN-DESK-03"
        required
        withAsterisk={false}
        data-autofocus
        value={name}
        error={problem?.field("/name")}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TagsInput
        label="Labels"
        description="Workflows can ask for them: finance, sap."
        value={labels}
        onChange={setLabels}
        splitChars={[",", " "]}
        error={problem?.field("/labels")}
      />
      <NumberInput
        label="Slots"
        description="Executions at the same time. More than one only for work without a screen."
        min={1}
        max={64}
        value={slots}
        onChange={setSlots}
        w={220}
      />
      {problem && problem.fields.length === 0 && <ErrorNote what="It was not registered." error={problem} />}
      <FormFoot onCancel={onClose} isPending={register.isPending} disabled={!name.trim()}>
        Register
      </FormFoot>
    </form>
  );
}

/** Also for a rotated secret: the command is new, the rest the same. */
export function Command({ registered, onClose }: { registered: Registered; onClose: () => void }) {
  const navigate = useNavigate();
  const { runner, machineKey, machineSecret, pairCommand } = registered;
  const { data } = useQuery({ ...runnerQuery(runner.id), refetchInterval: HEARD_MILLISECONDS });
  const heard = data !== undefined && data.connectedAt !== null && data.state !== "OFFLINE";
  return (
    <div className={classes["steps"]}>
      <div className={classes["step"]}>
        <i>1</i>
        <div className="stack tight">
          <p>Run this on the machine, as the person who will be signed in there</p>
          <CopyField text={pairCommand} what="the command" />
          <p className="dim sm">
            The command carries the secret and is shown this once. It can be made anew, never shown again.
          </p>
        </div>
      </div>
      <div className={classes["step"]}>
        <i>2</i>
        <div className="stack tight">
          <p>Compare the fingerprint it shows</p>
          <Fingerprint />
        </div>
      </div>
      <div className={classes["step"]}>
        <i>{heard ? <IconCheck size={14} stroke={2} style={{ marginTop: 4 }} /> : 3}</i>
        <div className="row" role="status">
          {heard ? (
            <b className="strong">{runner.name} is connected and ready.</b>
          ) : (
            <>
              <StatusIcon status="QUEUED" />
              <span className="mut">Waiting for the first heartbeat…</span>
            </>
          )}
        </div>
      </div>
      <details>
        <summary className="dim sm">Key and secret by themselves</summary>
        <div className="stack" style={{ marginTop: 8 }}>
          <CopyField text={machineKey} what="the machine key" />
          <CopyField text={machineSecret} what="the machine secret" />
        </div>
      </details>
      <div className="row">
        <Button className="end" onClick={onClose}>
          {heard ? "Done" : "Close"}
        </Button>
        {heard && (
          <Button
            variant="filled"
            onClick={() => void navigate({ to: "/runners/$runnerId", params: { runnerId: runner.id } })}
          >
            Open {runner.name}
          </Button>
        )}
      </div>
    </div>
  );
}

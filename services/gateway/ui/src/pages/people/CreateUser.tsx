import { Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { asProblem } from "~/api/problem";
import { ErrorNote, toast } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";

import { PasswordOnce } from "./PasswordOnce";
import { ROLE_CHOICES, ROLES, type Role } from "./roles";

/** The Hub makes the first password; it is shown once. */
export function CreateUser({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="New user"
      size={440}
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Steps onClose={onClose} />
    </Modal>
  );
}

function Steps({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("OPERATOR");
  const [key] = useState(newIdempotencyKey);
  const create = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/users", {
          params: { header: { "Idempotency-Key": `${key}${email}`.slice(0, 200) } },
          body: { email: email.trim(), role, ...(name.trim() ? { name: name.trim() } : {}) },
        }),
      ),
    onSuccess: ({ user }) => {
      void client.invalidateQueries({ queryKey: ["users"] });
      toast(`${user.name} can sign in.`);
    },
  });
  const problem = create.error ? asProblem(create.error) : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    create.mutate();
  }

  if (create.data?.password)
    return <PasswordOnce user={create.data.user} password={create.data.password} onClose={onClose} />;
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        label="E-mail"
        required
        withAsterisk={false}
        data-autofocus
        value={email}
        error={problem?.field("/email")}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <TextInput
        label="Name"
        placeholder="The part before the @ when empty"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label="Role"
        description={ROLES[role].help}
        data={ROLE_CHOICES}
        value={role}
        onChange={(value) => setRole((value ?? "OPERATOR") as Role)}
      />
      {problem && !problem.field("/email") && <ErrorNote what="Nobody was added." error={problem} />}
      <FormFoot onCancel={onClose} isPending={create.isPending} disabled={!email.trim()}>
        Add
      </FormFoot>
    </form>
  );
}

import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { api, unwrap } from "~/api/client";
import { asProblem } from "~/api/problem";
import { forgetPerson, useMe } from "~/api/session";

import { ErrorNote, toast } from "./Feedback";

const SHORTEST = 10;

/** A new password ends every session, this one too; signed in again, the person is back at `next`. */
export function ChangePassword({ next }: { next: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { user } = useMe();
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const change = useMutation({
    mutationFn: () =>
      unwrap(api.POST("/api/auth/password", { body: { currentPassword: current, newPassword: wanted } })),
    onSuccess: async () => {
      toast("The password is changed. Sign in with the new one.");
      // The pages go first: none can be shown to nobody.
      await navigate({ to: "/sign-in", search: { next } });
      forgetPerson(client);
    },
  });
  const problem = change.error ? asProblem(change.error) : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    change.mutate();
  }

  return (
    <form className="stack" style={{ maxWidth: 360 }} onSubmit={submit}>
      <input type="text" autoComplete="username" value={user.email} readOnly hidden />
      <PasswordInput
        label="Current password"
        autoComplete="current-password"
        value={current}
        onChange={(event) => setCurrent(event.currentTarget.value)}
        error={problem?.field("/currentPassword")}
      />
      <PasswordInput
        label="New password"
        description="At least 10 characters; long rather than intricate. All your sessions end, this one included."
        autoComplete="new-password"
        value={wanted}
        error={problem?.field("/newPassword")}
        onChange={(event) => setWanted(event.currentTarget.value)}
      />
      {problem && problem.fields.length === 0 && <ErrorNote what="It was not changed." error={problem} />}
      <div className="row">
        <Button type="submit" loading={change.isPending} disabled={!current || wanted.length < SHORTEST}>
          Change password
        </Button>
      </div>
    </form>
  );
}

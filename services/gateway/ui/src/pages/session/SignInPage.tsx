/** Sign-in with e-mail and password; afterwards the page that was asked for. */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useEffect, useState, type FormEvent } from "react";

import { asProblem, type Problem } from "~/api/problem";
import { signIn } from "~/api/session";
import { Note } from "~/shared/Feedback";
import { Mark } from "~/shared/Mark";

import classes from "./SignInPage.module.css";

const route = getRouteApi("/sign-in");

export function SignInPage() {
  const { next } = route.useSearch();
  const router = useRouter();
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  useEffect(() => {
    document.title = "Sign in · Exekra Hub";
  }, []);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setPending(true);
    setProblem(null);
    try {
      await signIn(client, email.trim(), password);
      // Only addresses of this Hub: "//elsewhere" is one of another.
      router.history.push(next && /^\/(?![/\\])/.test(next) ? next : "/");
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setPending(false);
    }
  }

  return (
    <main className={classes["page"]}>
      <form className={classes["card"]} onSubmit={(event) => void submit(event)}>
        <div className="row">
          <Mark size={28} />
          <h1>Sign in to Exekra Hub</h1>
        </div>
        <TextInput
          label="E-mail"
          name="email"
          type="text"
          inputMode="email"
          autoComplete="username"
          autoFocus
          required
          withAsterisk={false}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {problem && <Note tone="bad">{problem.message}</Note>}
        <Button type="submit" variant="filled" loading={pending} fullWidth>
          Sign in
        </Button>
        <p className="dim sm">
          On a new Hub, the first administrator's password was printed by the first start and is kept in its data
          folder.
        </p>
      </form>
    </main>
  );
}

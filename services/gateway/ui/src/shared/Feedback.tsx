/** What a page says while it has nothing to show: empty, loading, failed, old. And what happened: toasts. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconInfoCircle } from "@tabler/icons-react";
import { useEffect, useState, type ReactNode } from "react";

import { asProblem, type Problem } from "~/api/problem";

import classes from "./Feedback.module.css";

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  /** What this is and why it is empty. */
  children?: ReactNode;
  /** The next action. */
  action?: ReactNode;
}

export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className={classes["empty"]}>
      {icon && <div className="dim">{icon}</div>}
      <h2>{title}</h2>
      {children && <p className="mut">{children}</p>}
      {action && <div className="row wrap">{action}</div>}
    </div>
  );
}

/** Rows of grey at the final height, after 150 ms: what comes at once never flickers. */
export function Skeleton({ rows = 6, height = 36 }: { rows?: number; height?: number }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label="Loading" style={{ minHeight: rows * height }}>
      {shown &&
        Array.from({ length: rows }, (_, row) => (
          <div key={row} className={classes["skeletonRow"]} style={{ height }}>
            <i style={{ width: 14 }} />
            <i style={{ width: `${22 + ((row * 7) % 13)}%` }} />
            <i style={{ width: `${14 + ((row * 5) % 11)}%` }} />
            <i className="end" style={{ width: "8%" }} />
          </div>
        ))}
    </div>
  );
}

interface ErrorNoteProps {
  error: unknown;
  /** What did not come: "The list could not be loaded." */
  what: string;
  onRetry?: (() => void) | undefined;
}

/** An error that stays where what it spoilt would be. */
export function ErrorNote({ error, what, onRetry }: ErrorNoteProps) {
  const problem = asProblem(error);
  return (
    <Note tone="bad" action={onRetry && <Button onClick={onRetry}>Try now</Button>}>
      <b className="strong">{what}</b> {problem.message}
      <ProblemFields problem={problem} />
    </Note>
  );
}

/** The members a refusal names, each with what to do. */
export function ProblemFields({ problem }: { problem: Problem }) {
  const named = problem.fields.filter((field) => field.detail !== problem.message);
  if (named.length === 0) return null;
  return (
    <ul className={classes["fields"]}>
      {named.map((field) => (
        <li key={field.pointer + field.detail}>
          <span className="mono">{field.pointer}</span> {field.detail}
        </li>
      ))}
    </ul>
  );
}

interface NoteProps {
  tone: "info" | "warn" | "bad";
  action?: ReactNode;
  children: ReactNode;
}

export function Note({ tone, action, children }: NoteProps) {
  const Icon = tone === "info" ? IconInfoCircle : IconAlertTriangle;
  return (
    <div className={classes["note"]} data-tone={tone} role={tone === "bad" ? "alert" : "note"}>
      <Icon size={16} stroke={1.5} aria-hidden="true" />
      <div className="grow">{children}</div>
      {action}
    </div>
  );
}

const CLOSE = { "aria-label": "Close" };

/** Says what happened; what needs an action from the person stays on the page instead. */
export function toast(message: string): void {
  notifications.show({ message, autoClose: 5_000, closeButtonProps: CLOSE });
}

/** For actions that failed: what was wanted, and what the Hub says. */
export function toastProblem(what: string, error: unknown): void {
  const problem = asProblem(error);
  notifications.show({
    title: what,
    message: problem.message,
    color: "red",
    autoClose: 12_000,
    closeButtonProps: CLOSE,
  });
}

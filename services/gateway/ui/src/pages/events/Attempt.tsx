import { spellDuration } from "~/shared/format";
import { StatusBadge } from "~/shared/Status";
import { Time } from "~/shared/Time";

import classes from "./Events.module.css";
import type { Attempt } from "./queries";

const LOOKS = {
  delivered: ["COMPLETED", "Taken"],
  retry: ["retried", "Tries again"],
  parked: ["FAILED", "Given up"],
} as const;

/** One try: what was sent and what came back. */
export function AttemptView({ attempt, opened }: { attempt: Attempt; opened: boolean }) {
  const [look, word] = LOOKS[attempt.outcome];
  return (
    <details open={opened}>
      <summary>
        <span className="row" style={{ display: "inline-flex" }}>
          <StatusBadge status={look}>{word}</StatusBadge>
          <span className="mut">{attempt.responseStatus ?? "no answer"}</span>
          <Time at={attempt.at} />
          <span className="dim num">{spellDuration(attempt.durationSeconds)}</span>
        </span>
      </summary>
      <div className="stack tight" style={{ marginTop: 6 }}>
        {attempt.error && <p className="mut">{attempt.error}</p>}
        <h3>Request</h3>
        <pre className={`code ${classes["pre"]}`} tabIndex={0} aria-label="Request headers">
          {lines(attempt.requestHeaders)}
        </pre>
        {attempt.responseStatus !== null && (
          <>
            <h3>Answer</h3>
            <pre className={`code ${classes["pre"]}`} tabIndex={0} aria-label="Answer">
              {attempt.responseStatus}
              {"\n"}
              {lines(attempt.responseHeaders)}
              {attempt.responseBody && `\n\n${attempt.responseBody}`}
            </pre>
          </>
        )}
      </div>
    </details>
  );
}

function lines(headers: unknown): string {
  if (typeof headers !== "object" || headers === null) return "";
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join("\n");
}

/** The words and looks of what triggers do. Outcomes are the API's; a look is a status's shape and colour. */
import type { ExecutionStatus, NodeStatus } from "~/shared/Status";

export interface OutcomeWords {
  label: string;
  look: ExecutionStatus | NodeStatus;
  help: string;
}

const UNKNOWN: OutcomeWords = { label: "Unknown", look: "skipped", help: "" };

/** Of the ledger of a schedule. */
export const FIRE_OUTCOMES: Record<string, OutcomeWords> = {
  fired: { label: "Fired", look: "COMPLETED", help: "In time; an execution was made." },
  late: { label: "Fired late", look: "retried", help: "After the grace; an execution was made." },
  held: { label: "Held", look: "paused", help: "The trigger is paused; it waits." },
  queued: { label: "Queued", look: "waiting", help: "The execution before it has not ended; it waits." },
  coalesced: { label: "Joined", look: "reused", help: "Another fire stands for it." },
  skipped: { label: "Skipped", look: "skipped", help: "On purpose." },
  missed: { label: "Missed", look: "STOPPED", help: "Its time passed. A backfill can make up for it." },
  backfilled: { label: "Made up for", look: "retried", help: "Missed, then executed because a person asked." },
  duplicate: { label: "Duplicate", look: "reused", help: "A living execution held the deduplication key." },
};

/** Of what was delivered to a webhook. */
export const DELIVERY_OUTCOMES: Record<string, OutcomeWords> = {
  accepted: { label: "Accepted", look: "COMPLETED", help: "It has an execution." },
  held: { label: "Held", look: "paused", help: "The trigger is paused; it waits." },
  ignored: { label: "Ignored", look: "skipped", help: "The filter did not choose it." },
  refused: { label: "Refused", look: "FAILED", help: "It was not believed or could not start." },
};

export function outcomeWords(kind: "schedule" | "webhook", outcome: string): OutcomeWords {
  return (kind === "schedule" ? FIRE_OUTCOMES : DELIVERY_OUTCOMES)[outcome] ?? UNKNOWN;
}

export interface AuthWords {
  value: string;
  label: string;
  help: string;
  /** Somebody else makes the secret, so it has to be entered. */
  theirs?: boolean;
}

/** How senders prove who they are. */
export const AUTHS: readonly AuthWords[] = [
  { value: "bearer", label: "Bearer token", help: "The sender puts the secret into the header Authorization." },
  { value: "basic", label: "User and password", help: "HTTP basic authentication." },
  {
    value: "hmac",
    label: "HMAC signature",
    help: "The sender signs the body; you choose header, algorithm and encoding.",
  },
  { value: "standard-webhooks", label: "Standard Webhooks", help: "Signed by the open standard; Svix signs so, too." },
  { value: "github", label: "GitHub", help: "X-Hub-Signature-256 over the body." },
  { value: "stripe", label: "Stripe", help: "Stripe-Signature. Stripe makes the secret (whsec_…).", theirs: true },
  { value: "slack", label: "Slack", help: "X-Slack-Signature. The app's signing secret.", theirs: true },
  { value: "twilio", label: "Twilio", help: "X-Twilio-Signature. The account's auth token.", theirs: true },
  { value: "none", label: "Nothing", help: "Whoever knows the address can start the workflow." },
];

export function authWords(type: string): AuthWords {
  return AUTHS.find((auth) => auth.value === type) ?? { value: type, label: type, help: "" };
}

/** "every 15 min", "every 36 h". */
export function spellInterval(seconds: number): string {
  for (const [size, word] of [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
  ] as const) {
    if (seconds > 0 && seconds % size === 0) {
      const count = seconds / size;
      return count === 1 ? `every ${word}` : `every ${count} ${word}s`;
    }
  }
  return `every ${seconds} seconds`;
}

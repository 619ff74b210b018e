/** "since" in the address: words for spans, so that a saved view means the same tomorrow. */

const HOURS: Record<string, number> = { "1h": 1, "24h": 24, "7d": 7 * 24, "30d": 30 * 24 };
/** Rounded, so that a page that draws itself again asks the same question. */
const STEP_MILLISECONDS = 60_000;

export const SINCE_CHOICES = [
  { value: "1h", label: "the last hour" },
  { value: "24h", label: "the last 24 hours" },
  { value: "7d", label: "the last 7 days" },
  { value: "30d", label: "the last 30 days" },
];

export function sinceInstant(since: string | undefined, now: number = Date.now()): string | undefined {
  const hours = since ? HOURS[since] : undefined;
  if (hours === undefined) return undefined;
  return new Date(Math.floor(now / STEP_MILLISECONDS) * STEP_MILLISECONDS - hours * 3_600_000).toISOString();
}

/** The five fields of a cron expression, apart and together. What they mean is the Hub's to say. */

export const FIELDS = ["minute", "hour", "day", "month", "weekday"] as const;
export type FieldName = (typeof FIELDS)[number];

export const FIELD_HELP: Record<FieldName, string> = {
  minute: "Minute: 0 to 59. Also */15, 0,30 or 10-20.",
  hour: "Hour: 0 to 23. Also 8-18, */2 or 8,12,18.",
  day: "Day of the month: 1 to 31. Also 1-7, L for the last.",
  month: "Month: 1 to 12, or jan to dec.",
  weekday: "Weekday: 0 (Sunday) to 6, or mon to sun. mon#1 is the first Monday of the month.",
};

const MACROS: Record<string, string> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

export const PRESETS: readonly { label: string; cron: string }[] = [
  { label: "Workdays at 07:00", cron: "0 7 * * 1-5" },
  { label: "Every day at 02:30", cron: "30 2 * * *" },
  { label: "Every hour", cron: "0 * * * *" },
  { label: "Every 15 minutes, 8 to 18 on workdays", cron: "*/15 8-17 * * 1-5" },
  { label: "Mondays at 06:00", cron: "0 6 * * 1" },
  { label: "First of the month at 05:00", cron: "0 5 1 * *" },
  { label: "Last day of the month at 22:00", cron: "0 22 L * *" },
];

/** Five texts; what is missing is empty, what is too much stays in the last, where the Hub's refusal shows it. */
export function splitCron(expression: string): string[] {
  const parts = (MACROS[expression.trim().toLowerCase()] ?? expression).trim().split(/\s+/);
  const rest = parts.slice(FIELDS.length - 1).join(" ");
  return FIELDS.map((_, index) => (index < FIELDS.length - 1 ? (parts[index] ?? "") : rest));
}

/** The expression with one field changed. A whole expression pasted into a field takes the place of all of them. */
export function changeField(expression: string, index: number, text: string): string {
  const words = text.trim().split(/\s+/);
  if (words.length === FIELDS.length || MACROS[text.trim().toLowerCase()]) return splitCron(text).join(" ");
  const parts = splitCron(expression);
  parts[index] = words.join("");
  return parts.map((part) => part || "*").join(" ");
}

/** The entries of a calendar: their shapes, words for people, and the fields of a new one. */

export type Weekday = (typeof WEEKDAYS)[number];
/** -1 is the last. */
export type Nth = 1 | 2 | 3 | 4 | 5 | -1 | -2;
export type Entry = { note?: string } & (
  | { type: "date"; date: string }
  | { type: "range"; from: string; to: string }
  | { type: "weekdays"; days: Weekday[] }
  | { type: "yearly"; month: number; day: number }
  | { type: "yearlyWeekday"; month: number; weekday: Weekday; nth: Nth }
  | { type: "easter"; offsetDays: number }
);

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
export const NTHS: Record<string, string> = {
  "1": "first",
  "2": "second",
  "3": "third",
  "4": "fourth",
  "5": "fifth",
  "-1": "last",
  "-2": "last but one",
};
export const TYPES: readonly { value: Entry["type"]; label: string }[] = [
  { value: "date", label: "One day" },
  { value: "range", label: "From a day to a day" },
  { value: "weekdays", label: "Days of the week" },
  { value: "yearly", label: "The same day each year" },
  { value: "yearlyWeekday", label: "A weekday of a month each year" },
  { value: "easter", label: "Counted from Easter" },
];

export function newEntry(type: Entry["type"], today: string): Entry {
  switch (type) {
    case "date":
      return { type, date: today };
    case "range":
      return { type, from: today, to: today };
    case "weekdays":
      return { type, days: ["saturday", "sunday"] };
    case "yearly":
      return { type, month: 12, day: 25 };
    case "yearlyWeekday":
      return { type, month: 11, weekday: "thursday", nth: 4 };
    case "easter":
      return { type, offsetDays: -2 };
  }
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

export function spellEntry(entry: Entry): string {
  switch (entry.type) {
    case "date":
      return spellDate(entry.date);
    case "range":
      return `${spellDate(entry.from)} to ${spellDate(entry.to)}`;
    case "weekdays":
      return `Every ${entry.days.map(capital).join(", ")}`;
    case "yearly":
      return `${entry.day} ${MONTHS[entry.month - 1] ?? ""} each year`;
    case "yearlyWeekday":
      return `${capital(NTHS[String(entry.nth)] ?? "")} ${capital(entry.weekday)} of ${MONTHS[entry.month - 1] ?? ""}`;
    case "easter":
      if (entry.offsetDays === 0) return "Easter Sunday";
      return `${Math.abs(entry.offsetDays)} ${Math.abs(entry.offsetDays) === 1 ? "day" : "days"} ${entry.offsetDays < 0 ? "before" : "after"} Easter Sunday`;
  }
}

function spellDate(date: string): string {
  const [year, month, day] = date.split("-").map(Number);
  return `${day ?? ""} ${MONTHS[(month ?? 1) - 1] ?? ""} ${year ?? ""}`;
}

/** The days of a year laid out as months of weeks that begin on Monday. Days are "2026-12-24", without any zone. */

export interface MonthLayout<Day> {
  name: string;
  /** Empty places before the first day. */
  before: number;
  days: readonly Day[];
}

const NAMES = new Intl.DateTimeFormat("en-GB", { month: "long", timeZone: "UTC" });

export function layOut<Day extends { date: string }>(days: readonly Day[]): MonthLayout<Day>[] {
  const months = new Map<string, Day[]>();
  for (const day of days) {
    const key = day.date.slice(0, 7);
    months.set(key, [...(months.get(key) ?? []), day]);
  }
  return [...months].map(([key, inside]) => {
    const first = new Date(`${inside[0]?.date ?? key}T00:00:00Z`);
    return { name: NAMES.format(first), before: (first.getUTCDay() + 6) % 7, days: inside };
  });
}

export function isWeekend(date: string): boolean {
  return [0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay());
}

/** "Thursday 24 December 2026". */
export function spellDay(date: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  })
    .format(new Date(`${date}T00:00:00Z`))
    .replace(",", "");
}

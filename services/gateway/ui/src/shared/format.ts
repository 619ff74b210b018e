/** Times, durations and sizes in words: one form everywhere. Times are in the person's zone. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const shortClock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "long" });

function isSameDay(left: Date, right: Date): boolean {
  return left.toDateString() === right.toDateString();
}

/** "10:42:18" today, "21 Oct 16:15" this year, "21 Oct 2025" before. */
export function formatInstant(at: Date, now: Date = new Date()): string {
  if (isSameDay(at, now)) return clock.format(at);
  if (at.getFullYear() === now.getFullYear()) return `${day.format(at)} ${shortClock.format(at)}`;
  return `${dayOfYear.format(at)} ${shortClock.format(at)}`;
}

/** "10:31:46.640", for logs. */
export function formatMilliseconds(at: Date): string {
  return `${clock.format(at)}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** "21 Oct 2026". */
export function formatDay(at: Date): string {
  return dayOfYear.format(at);
}

/** "4 s", "12 min", "3 h", "5 d". */
export function formatAge(milliseconds: number): string {
  const age = Math.max(0, milliseconds);
  if (age < MINUTE) return `${Math.floor(age / SECOND)} s`;
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min`;
  if (age < 2 * DAY) return `${Math.floor(age / HOUR)} h`;
  return `${Math.floor(age / DAY)} d`;
}

/** What stands on hover: weekday, UTC and age. */
export function describeInstant(at: Date, now: Date = new Date()): string {
  const difference = now.getTime() - at.getTime();
  const age = difference >= 0 ? `${formatAge(difference)} ago` : `in ${formatAge(-difference)}`;
  const utc = at
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "");
  return `${weekday.format(at)} ${dayOfYear.format(at)}, ${clock.format(at)} (${zone})\n${utc} UTC, ${age}`;
}

/** "0.4 s", "0:24", "1:47", "13:07", "1:02:09": for tables. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** "0.4 ms", "320 ms", "1.2 s", "1 min 47 s", "2 h 5 min": for prose and bars. */
export function spellDuration(seconds: number): string {
  if (seconds < 0.001) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
  const minutes = Math.floor((whole % 3600) / 60);
  return `${Math.floor(whole / 3600)} h${minutes ? ` ${minutes} min` : ""}`;
}

/** "512 B", "1.4 MB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** "1,140". */
export function formatCount(count: number): string {
  return count.toLocaleString("en-GB");
}

/** "1 runner", "3 runners". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** What somebody else wrote, with a full stop, so that our own words can follow. */
export function endSentence(text: string): string {
  return /[.!?…]$/.test(text.trimEnd()) ? text : `${text.trimEnd()}.`;
}

/** The part of an id that people compare: ids begin with their time, so the end tells them apart. */
export function shortId(id: string): string {
  return id.slice(-8);
}

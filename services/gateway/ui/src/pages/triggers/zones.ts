/** Wall clocks of time zones: "2026-10-25T02:30" in a zone as an instant and back, and how a zone stands now. */

const MINUTE = 60_000;

function partsIn(zone: string, at: Date): Record<string, string> {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
}

/** Whether the browser knows the zone. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: zone });
    return zone !== "";
  } catch {
    return false;
  }
}

/** Minutes a zone is ahead of UTC at an instant. */
export function offsetAt(zone: string, at: Date): number {
  const { year, month, day, hour, minute, second } = partsIn(zone, at);
  const wall = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return Math.round((wall - Math.floor(at.getTime() / 1000) * 1000) / MINUTE);
}

/** "UTC+2", "UTC-3:30", "UTC". */
export function spellOffset(minutes: number): string {
  if (minutes === 0) return "UTC";
  const size = Math.abs(minutes);
  const rest = size % 60;
  return `UTC${minutes < 0 ? "-" : "+"}${Math.floor(size / 60)}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

/** "2026-10-25T02:30", as date fields want it, of an instant in a zone. */
export function toWall(iso: string, zone: string): string {
  const { year, month, day, hour, minute } = partsIn(zone, new Date(iso));
  return `${year}-${month}-${day}T${hour}:${minute}`;
}

/** The instant of a wall time; of one that comes twice the first, of one that does not exist the one after the gap. */
export function fromWall(wall: string, zone: string): string {
  const asUtc = Date.parse(`${wall.length === 16 ? `${wall}:00` : wall}Z`);
  const around = [-1, 1].map((days) => offsetAt(zone, new Date(asUtc + days * 1440 * MINUTE)));
  const fitting = around
    .map((offset) => asUtc - offset * MINUTE)
    .filter((at) => at + offsetAt(zone, new Date(at)) * MINUTE === asUtc);
  const at = fitting.length > 0 ? Math.min(...fitting) : asUtc - (around[0] ?? 0) * MINUTE;
  return new Date(at).toISOString();
}

interface LocalParts {
  /** "Sun 25 Oct", with the year when it is not this one. */
  day: string;
  /** "02:30", with seconds when there are any. */
  clock: string;
  /** "CEST", or "GMT+2" where the zone has no name. */
  name: string;
}

/** An instant as people in the zone read it. */
export function localParts(iso: string, zone: string, now: Date = new Date()): LocalParts {
  const at = new Date(iso);
  const otherYear = partsIn(zone, at)["year"] !== partsIn(zone, now)["year"];
  const day = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
    month: "short",
    ...(otherYear && { year: "numeric" as const }),
  }).format(at);
  const { hour, minute, second } = partsIn(zone, at);
  const name = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "short" })
    .formatToParts(at)
    .find((part) => part.type === "timeZoneName")?.value;
  return {
    day: day.replace(",", ""),
    clock: `${hour}:${minute}${second === "00" ? "" : `:${second}`}`,
    name: name ?? "",
  };
}

/** Fires and the days calendars take away, in one list by time. */
import type { Schema } from "~/api/client";
import { plural } from "~/shared/format";

type PreviewDocument = Schema<"Preview">;
type PreviewedFire = Schema<"PreviewedFire">;

export interface PreviewRow {
  at: string;
  /** Why a calendar takes it away; null for a fire. */
  because: string | null;
  dst: PreviewedFire["dst"];
  isFirst: boolean;
  /** What stands in the way of starting at once; only where something does. */
  wait: { seconds: number; help: string } | null;
}

export function mergeDays(preview: PreviewDocument): PreviewRow[] {
  const fires = preview.fires.map((fire, index) => ({
    at: fire.at,
    because: null,
    dst: fire.dst,
    isFirst: index === 0,
    wait: waitOf(fire),
  }));
  const dropped = preview.dropped.map((day) => ({
    at: day.at,
    because: day.because,
    dst: null,
    isFirst: false,
    wait: null,
  }));
  return [...fires, ...dropped].sort((left, right) => Date.parse(left.at) - Date.parse(right.at));
}

/** A wait of nothing is not worth a word, unless others begin in the same minute. */
function waitOf(fire: PreviewedFire): PreviewRow["wait"] {
  const seconds = fire.expectedWaitSeconds;
  if (seconds === null || fire.contention === "unknown" || fire.contention === null) return null;
  if (fire.contention === "none" || seconds < 1) return null;
  const others = fire.otherStarts > 0 ? `, and ${plural(fire.otherStarts, "other schedule")} in the same minute` : "";
  return { seconds, help: `About ${plural(Math.round(fire.busySeats), "seat")} busy at that time${others}.` };
}

/** `Calendar "Holidays" blocks it: Christmas Day.` → "Christmas Day"; the whole sentence stands on hover. */
export function shortReason(because: string): string {
  const [, calendar, entry] = /^Calendar "(.*)" (?:blocks it: (.*)\.$|does not allow)/.exec(because) ?? [];
  return entry ?? calendar ?? because;
}

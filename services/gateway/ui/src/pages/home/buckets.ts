/** Buckets of the dashboard, joined to bars that can be told apart. */
import type { Schema } from "~/api/client";

type Bucket = Schema<"Bucket">;

export interface Bar {
  /** Seconds since 1970. */
  at: number;
  ended: number;
  failed: number;
}

const MOST_BARS = 48;
const FACTORS = [1, 2, 3, 4, 6, 12, 24, 48];

/** So many buckets make a bar. */
export function factorFor(buckets: number): number {
  return FACTORS.find((factor) => buckets / factor <= MOST_BARS) ?? Math.ceil(buckets / MOST_BARS);
}

/** The last bar ends with the last bucket. */
export function joinBuckets(buckets: readonly Bucket[], factor: number): Bar[] {
  const bars: Bar[] = [];
  for (let end = buckets.length; end > 0; end -= factor) {
    const part = buckets.slice(Math.max(0, end - factor), end);
    const failed = part.reduce((sum, one) => sum + one.failed + one.lost, 0);
    const ended = part.reduce((sum, one) => sum + one.completed + one.stopped, failed);
    bars.unshift({ at: Date.parse(part[0]?.beginsAt ?? "") / 1000, ended, failed });
  }
  return bars;
}

/** The one way to show an instant: in the person's zone, with weekday, UTC and age on hover. */
import { useState } from "react";

import { describeInstant, formatAge, formatDay, formatInstant, formatMilliseconds } from "./format";
import { useNow } from "./useNow";

interface TimeProps {
  /** ISO 8601, as the API answers it; nothing shows a dash. */
  at: string | null | undefined;
  form?: "instant" | "milliseconds" | "day";
}

const FORMS = { instant: formatInstant, milliseconds: formatMilliseconds, day: formatDay };

export function Time({ at, form = "instant" }: TimeProps) {
  // The age in the title is that of the moment somebody points at it.
  const [pointedAt, setPointedAt] = useState<Date | null>(null);
  if (!at) return <span className="dim">–</span>;
  const date = new Date(at);
  const title = pointedAt ? describeInstant(date, pointedAt) : undefined;
  return (
    <time className="num nowrap" dateTime={at} title={title} onPointerEnter={() => setPointedAt(new Date())}>
      {FORMS[form](date)}
    </time>
  );
}

/** "4 s", ticking: how long ago something was. */
export function Age({ at, suffix = "" }: { at: string | null | undefined; suffix?: string }) {
  const now = useNow();
  if (!at) return <span className="dim">–</span>;
  const date = new Date(at);
  return (
    <time className="num nowrap" dateTime={at} title={describeInstant(date, new Date(now))}>
      {formatAge(now - date.getTime())}
      {suffix}
    </time>
  );
}

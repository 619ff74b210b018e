/** The next fires of a schedule, before it is saved: in its zone and in UTC, with what clocks and calendars do to them. */
import { IconArrowBackUp, IconArrowForwardUp, IconCalendarOff } from "@tabler/icons-react";

import type { Schema } from "~/api/client";
import { ErrorNote, Skeleton } from "~/shared/Feedback";
import { formatAge, plural, spellDuration } from "~/shared/format";
import { Panel } from "~/shared/Panel";
import { useNow } from "~/shared/useNow";

import classes from "./Form.module.css";
import { isShownAtFields } from "./form";
import { mergeDays, shortReason, type PreviewRow } from "./previewRows";
import type { usePreview } from "./usePreview";
import { localParts } from "./zones";

type PreviewDocument = Schema<"Preview">;

interface PreviewProps {
  query: ReturnType<typeof usePreview>;
  zone: string;
  /** Whether the form differs from what is saved. */
  isChanged: boolean;
}

export function Preview({ query, zone, isChanged }: PreviewProps) {
  const { data, error } = query;
  return (
    <Panel title="Next fires" aside={isChanged ? "of this form, not saved yet" : ""} bleed>
      {error && !isShownAtFields(error) && (
        <div style={{ padding: "var(--s-3)" }}>
          <ErrorNote what="There is no preview." error={error} />
        </div>
      )}
      {error && isShownAtFields(error) && (
        <p className="mut" style={{ padding: "var(--s-3) var(--s-4)" }}>
          It cannot be read as it stands; the field in question says why.
        </p>
      )}
      {!error && !data && query.fetchStatus !== "idle" && <Skeleton rows={6} />}
      {!error && !data && query.fetchStatus === "idle" && (
        <p className="mut" style={{ padding: "var(--s-3) var(--s-4)" }}>
          Say when, and what comes of it stands here.
        </p>
      )}
      {!error && data && <Rows preview={data} zone={zone} />}
    </Panel>
  );
}

function Rows({ preview, zone }: { preview: PreviewDocument; zone: string }) {
  const now = useNow(10_000);
  const rows = mergeDays(preview);
  if (rows.length === 0) {
    return (
      <p className="mut" style={{ padding: "var(--s-3) var(--s-4)" }}>
        It never fires.
      </p>
    );
  }
  return (
    <>
      <ol className={classes["fires"]}>
        {rows.map((row) => (
          <Row key={row.at} row={row} zone={zone} now={now} />
        ))}
      </ol>
      {preview.forecast && (
        <p className={`${classes["foot"]} dim sm`}>
          {plural(preview.forecast.runners, "runner")} can take it. {preview.forecast.basis}
        </p>
      )}
    </>
  );
}

function Row({ row, zone, now }: { row: PreviewRow; zone: string; now: number }) {
  const local = localParts(row.at, zone, new Date(now));
  const utc = localParts(row.at, "UTC", new Date(now));
  const utcWords = zone === "UTC" ? "" : `${utc.clock} UTC`;
  if (row.because !== null) {
    return (
      <li>
        <span className="dim nowrap">{local.day}</span>
        <span className="dim nowrap">
          <s>{local.clock}</s> left out
        </span>
        <span className={classes["utc"]} />
        <span className="dim sm row trunc" title={row.because}>
          <IconCalendarOff size={14} stroke={1.5} aria-hidden="true" />
          <span className="trunc">{shortReason(row.because)}</span>
        </span>
      </li>
    );
  }
  return (
    <li data-clock={row.dst ?? undefined}>
      <span className="num nowrap">{local.day}</span>
      <span className="num nowrap">
        {local.clock} {local.name}
      </span>
      <span className={`${classes["utc"]} num nowrap dim`}>{utcWords}</span>
      <span className="dim sm trunc" title={row.wait?.help}>
        {row.isFirst ? `in ${formatAge(Date.parse(row.at) - now)}` : ""}
        {row.wait && (
          <>
            {row.isFirst && ", "}
            waits about {spellDuration(row.wait.seconds)}
          </>
        )}
      </span>
      {row.dst === "overlap" && (
        <p className="sm">
          <IconArrowBackUp size={14} stroke={1.5} aria-hidden="true" /> The clocks go back: {local.clock} comes twice,
          and it fires the first time.
        </p>
      )}
      {row.dst === "gap" && (
        <p className="sm">
          <IconArrowForwardUp size={14} stroke={1.5} aria-hidden="true" /> The clocks go forward: its own time does not
          exist, it fires right after.
        </p>
      )}
    </li>
  );
}

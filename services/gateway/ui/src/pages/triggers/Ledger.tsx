/** What became of every fire of a schedule, why, and making up for those that were missed. */
import { useQuery } from "@tanstack/react-query";
import { keepPreviousData } from "@tanstack/react-query";
import { TextInput } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { useFresh } from "~/live/useFresh";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { FilterChip } from "~/shared/Filters";
import { plural, shortId, spellDuration } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { PageFoot } from "~/shared/PageFoot";
import { Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { BackfillButton } from "./Backfill";
import { OutcomeBadge } from "./Outcome";
import { firesQuery, TRIGGERS, type Fire, type Trigger } from "./queries";
import classes from "./Triggers.module.css";
import { FIRE_OUTCOMES } from "./words";

const SHOWN = 50;
const LATE_SECONDS = 1;
const OUTCOMES = Object.entries(FIRE_OUTCOMES).map(([value, { label }]) => ({ value, label }));

const COLUMNS: readonly Column<Fire>[] = [
  { key: "at", head: "Fire", width: "150px", cell: (row) => <Time at={row.fireAt} /> },
  {
    key: "outcome",
    head: "Outcome",
    width: "150px",
    cell: (row) => <OutcomeBadge kind="schedule" outcome={row.outcome} />,
  },
  { key: "why", head: "Why", cell: (row) => <Why fire={row} /> },
  {
    key: "late",
    head: "Late by",
    width: "110px",
    align: "right",
    cell: (row) => (
      <span className="num dim">{row.lateSeconds >= LATE_SECONDS ? spellDuration(row.lateSeconds) : ""}</span>
    ),
  },
  { key: "execution", head: "Execution", width: "120px", align: "right", cell: (row) => <ExecutionOf fire={row} /> },
];

export function Ledger({ trigger }: { trigger: Trigger }) {
  const [search, change] = useAddress();
  const mayEdit = useMay("trigger:edit");
  const polling = usePolling();
  const outcome = search["outcome"]?.split(",").filter(Boolean) ?? [];
  const [from, to, cursor] = [search["from"] ?? "", search["to"] ?? "", search["cursor"] ?? ""];
  const query = useQuery({
    ...firesQuery(trigger.id, { outcome, from: startOf(from), to: endOf(to), cursor, limit: SHOWN }),
    placeholderData: keepPreviousData,
    refetchInterval: polling,
  });
  useFresh(cursor ? null : "executions", [...TRIGGERS, "fires", trigger.id]);
  const isFiltered = outcome.length > 0 || from !== "" || to !== "";
  return (
    <Panel title="Ledger" aside="newest first" bleed actions={mayEdit && <BackfillButton trigger={trigger} />}>
      <div className={classes["range"]} style={{ padding: "var(--s-3) var(--s-4)" }}>
        <FilterChip
          name="Outcome"
          several
          chosen={outcome}
          choices={OUTCOMES}
          onChange={(chosen) => change({ outcome: chosen.join(","), cursor: undefined })}
        />
        <DayField label="From" value={from} onChange={(value) => change({ from: value, cursor: undefined })} />
        <DayField label="To" value={to} onChange={(value) => change({ to: value, cursor: undefined })} />
      </div>
      <Loaded query={query} what="The ledger">
        {(page) =>
          page.items.length === 0 ? (
            <Empty
              icon={<IconHistory size={20} stroke={1.5} />}
              title={isFiltered ? "No fire fits" : "It has not fired yet"}
            >
              {isFiltered
                ? "Take a filter away to see more."
                : "Each time it is due one row appears here, also when nothing was started, with the reason."}
            </Empty>
          ) : (
            <>
              <DataTable
                label="Ledger"
                rows={page.items}
                columns={COLUMNS}
                rowKey={(row) => row.fireAt}
                scope="Ledger"
                phone={(row) => ({
                  title: <Time at={row.fireAt} />,
                  detail: row.message,
                  right: <OutcomeBadge kind="schedule" outcome={row.outcome} />,
                  below: <ExecutionOf fire={row} />,
                })}
              />
              <PageFoot nextCursor={page.nextCursor} />
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

function DayField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <span className="row">
      <span className="dim sm">{label}</span>
      <TextInput
        type="date"
        size="xs"
        w={140}
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </span>
  );
}

/** Days are the person's own. */
function startOf(day: string): string {
  return day ? new Date(`${day}T00:00`).toISOString() : "";
}

function endOf(day: string): string {
  if (!day) return "";
  const end = new Date(`${day}T00:00`);
  end.setDate(end.getDate() + 1);
  return end.toISOString();
}

function Why({ fire }: { fire: Fire }) {
  const span =
    fire.instants > 1 && fire.spanUntil ? (
      <>
        {plural(fire.instants, "fire")} until <Time at={fire.spanUntil} />.{" "}
      </>
    ) : null;
  const merged = fire.mergedInto ? (
    <>
      {" "}
      Joined to that of <Time at={fire.mergedInto} />.
    </>
  ) : null;
  return (
    <span className="mut" title={fire.message ?? undefined}>
      {span}
      {fire.message}
      {fire.byPerson && !fire.message && "Asked for by a person."}
      {merged}
    </span>
  );
}

function ExecutionOf({ fire }: { fire: Fire }) {
  if (!fire.executionId) return <span className="dim">–</span>;
  return (
    <Link to="/executions/$executionId" params={{ executionId: fire.executionId }} className="link mono">
      {shortId(fire.executionId)}
    </Link>
  );
}

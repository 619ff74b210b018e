/** Executions as rows: on their own page, of a workflow, of a runner. */
import { Checkbox } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { DataTable, type Column } from "~/shared/DataTable";
import { shortId } from "~/shared/format";
import { StatusBadge, StatusIcon } from "~/shared/Status";
import { Time } from "~/shared/Time";

import classes from "./ExecutionTable.module.css";
import { nameActor, tellStory, type Execution } from "./story";
import { Took } from "./Took";

type ColumnName = "workflow" | "runner";

interface ExecutionTableProps {
  label: string;
  rows: readonly Execution[];
  /** Columns that say nothing here: all rows have the same. */
  without?: readonly ColumnName[];
  bleed?: boolean;
  /** Rows can be ticked; at a desk only. */
  selection?: Selection | undefined;
}

export interface Selection {
  ids: ReadonlySet<string>;
  onChange: (ids: ReadonlySet<string>) => void;
}

export function hrefOf(execution: { id: string }): string {
  return `/executions/${execution.id}`;
}

const COLUMNS: readonly Column<Execution>[] = [
  { key: "status", head: "Status", width: "136px", cell: (row) => <StatusBadge status={row.status} /> },
  { key: "workflow", head: "Workflow", width: "19%", main: true, cell: (row) => <WorkflowName execution={row} /> },
  { key: "id", head: "Number", width: "92px", cell: (row) => <span className="mono dim">{shortId(row.id)}</span> },
  { key: "story", head: "Now, or how it ended", cell: (row) => <Story execution={row} /> },
  {
    key: "by",
    head: "Started by",
    width: "13%",
    cell: (row) => <span className="mut">{nameActor(row.triggeredBy)}</span>,
  },
  { key: "runner", head: "Runner", width: "12%", cell: (row) => <RunnerName execution={row} /> },
  { key: "started", head: "Created", width: "112px", align: "right", cell: (row) => <Time at={row.createdAt} /> },
  { key: "took", head: "Took", width: "76px", align: "right", cell: (row) => <Took execution={row} /> },
];

export function ExecutionTable({ label, rows, without = [], bleed = false, selection }: ExecutionTableProps) {
  const columns = COLUMNS.filter((column) => !without.some((name) => name === column.key)).map((column) =>
    // Without the workflow's name the number is what opens the row.
    column.key === "id" && without.includes("workflow") ? { ...column, main: true } : column,
  );
  return (
    <DataTable
      label={label}
      rows={rows}
      columns={selection ? [tickColumn(rows, selection), ...columns] : columns}
      rowKey={(row) => row.id}
      href={hrefOf}
      bleed={bleed}
      scope="Executions"
      phone={(row) => ({
        icon: <StatusIcon status={row.status} />,
        title: row.workflow.name,
        detail: <Story execution={row} />,
        right: row.startedAt ? <Took execution={row} /> : <span className="dim">waiting</span>,
        below: <Time at={row.createdAt} />,
      })}
    />
  );
}

function tickColumn(rows: readonly Execution[], { ids, onChange }: Selection): Column<Execution> {
  const ticked = rows.filter((row) => ids.has(row.id)).length;
  const all = () => onChange(new Set(ticked === rows.length ? [] : rows.map((row) => row.id)));
  const toggle = (id: string) => onChange(new Set(ids.has(id) ? [...ids].filter((each) => each !== id) : [...ids, id]));
  return {
    key: "tick",
    width: "48px",
    head: (
      <Checkbox
        size="xs"
        aria-label="Select all on this page"
        checked={ticked > 0 && ticked === rows.length}
        indeterminate={ticked > 0 && ticked < rows.length}
        onChange={all}
      />
    ),
    cell: (row) => (
      <Checkbox
        size="xs"
        aria-label={`Select ${row.workflow.name} ${shortId(row.id)}`}
        checked={ids.has(row.id)}
        onChange={() => toggle(row.id)}
      />
    ),
  };
}

function WorkflowName({ execution }: { execution: Execution }) {
  return (
    <>
      {execution.workflow.name} {execution.draft && <span className="tag">draft {execution.version}</span>}
    </>
  );
}

function Story({ execution }: { execution: Execution }) {
  const text = tellStory(execution);
  return (
    <span className={classes["story"]} data-status={execution.status} title={text}>
      {text}
    </span>
  );
}

function RunnerName({ execution }: { execution: Execution }) {
  if (!execution.runnerId) return <span className="dim">–</span>;
  return (
    <Link to="/runners/$runnerId" params={{ runnerId: execution.runnerId }} className={classes["runner"]}>
      {execution.runnerName ?? shortId(execution.runnerId)}
    </Link>
  );
}

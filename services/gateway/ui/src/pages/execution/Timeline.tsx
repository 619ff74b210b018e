/** Gantt chart of the node runs, and the list of them: name, status, duration, bar. A row opens the run's values. */
import { ActionIcon } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, type ReactNode } from "react";

import { useAddress } from "~/routing/useAddress";
import { isLive } from "~/shared/executions/story";
import { Empty } from "~/shared/Feedback";
import { formatCount, spellDuration } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { NodeIcon } from "~/shared/NodeIcon";
import { Panel } from "~/shared/Panel";
import { StatusIcon } from "~/shared/Status";
import { useNow } from "~/shared/useNow";

import { layOut, parseTurns, spellTurns, type Row, type Turns } from "./rows";
import type { Execution, NodeRun } from "./queries";
import { barOf, spanOf, ticksOf, type Span } from "./scale";
import classes from "./Timeline.module.css";

/** More rows than this would push the log out of sight. */
const MOST_ROWS = 40;
const ROW_PIXELS = 28;
const OVERSCAN = 10;

interface TimelineProps {
  execution: Execution;
  graph: unknown;
  query: UseQueryResult<readonly NodeRun[]>;
}

export function Timeline({ execution, graph, query }: TimelineProps) {
  const count = query.data?.length ?? 0;
  return (
    <Panel title="Timeline" aside={count > 0 ? `${formatCount(count)} node runs` : undefined} bleed>
      <Loaded query={query} what="The node runs" rows={4}>
        {(runs) =>
          runs.length === 0 ? (
            <Empty title={isLive(execution) ? "Nothing has run yet" : "No node was run"}>
              {isLive(execution)
                ? "The first node appears here as soon as it begins."
                : "It ended before its first node began."}
            </Empty>
          ) : (
            <Chart execution={execution} graph={graph} runs={runs} />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Chart({ execution, graph, runs }: { execution: Execution; graph: unknown; runs: readonly NodeRun[] }) {
  const [search, change] = useAddress();
  const turns = search["turns"];
  const chosen = useMemo(() => parseTurns(turns), [turns]);
  const rows = useMemo(() => layOut(graph, runs, chosen), [graph, runs, chosen]);
  const now = useNow(isLive(execution) ? 250 : 60_000);
  const live = isLive(execution);
  const whole = useMemo(() => spanOf(execution, runs, null), [execution, runs]);
  const span = live ? { ...whole, to: Math.max(now, whole.from + 1) } : whole;
  const draw = (row: Row<NodeRun>) => (
    <ChartRow
      key={row.key}
      row={row}
      span={span}
      isOpen={row.run !== null && String(row.run.seq) === search["run"]}
      onOpen={() => row.run && change({ run: String(row.run.seq) })}
      onTurn={(index) => change({ turns: spellTurns({ ...chosen, [row.nodeId]: index }) })}
    />
  );
  return (
    <div className={classes["chart"]} role="table" aria-label="Node runs" aria-rowcount={rows.length}>
      <div className={classes["axis"]} aria-hidden="true">
        <div className={classes["lane"]}>
          {ticksOf(span).map((tick) => (
            <span key={tick.label} style={{ left: `${tick.percent}%` }}>
              {tick.label}
            </span>
          ))}
        </div>
      </div>
      {rows.length > MOST_ROWS ? <ManyRows rows={rows} draw={draw} shown={search["run"]} /> : rows.map(draw)}
    </div>
  );
}

interface ManyRowsProps {
  rows: readonly Row<NodeRun>[];
  draw: (row: Row<NodeRun>) => ReactNode;
  /** The run in the address. */
  shown: string | undefined;
}

/** A pane of its own, in which only the rows in view are drawn; it begins where something went wrong. */
function ManyRows({ rows, draw, shown }: ManyRowsProps) {
  const pane = useRef<HTMLDivElement>(null);
  const wanted = rows.findIndex(({ run }) => (shown ? String(run?.seq) === shown : run?.status === "failed"));
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => pane.current,
    estimateSize: () => ROW_PIXELS,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: OVERSCAN,
  });
  useEffect(() => {
    if (wanted >= 0) virtual.scrollToIndex(wanted, { align: "auto" });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only when another row is wanted
  }, [wanted]);
  return (
    <div className={classes["pane"]} ref={pane} tabIndex={0} role="rowgroup" aria-label="Node runs, to scroll">
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return (
            row && (
              <div
                key={item.key}
                data-index={item.index}
                ref={virtual.measureElement}
                className={classes["placed"]}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {draw(row)}
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

interface ChartRowProps {
  row: Row<NodeRun>;
  span: Span;
  isOpen: boolean;
  onOpen: () => void;
  onTurn: (index: number) => void;
}

function ChartRow({ row, span, isOpen, onOpen, onTurn }: ChartRowProps) {
  const { run } = row;
  return (
    <div
      className={classes["row"]}
      role="row"
      data-status={run?.status.toUpperCase()}
      data-reached={run ? true : undefined}
      data-open={isOpen || undefined}
    >
      <div className={classes["name"]} role="cell" style={{ paddingLeft: 16 + row.depth * 16 }}>
        {run ? <StatusIcon status={run.status} /> : <i className={classes["blank"]} />}
        <span className={classes["icon"]}>
          <NodeIcon type={row.type} size={14} />
        </span>
        {run ? (
          <button
            type="button"
            className={`${classes["open"]} trunc`}
            onClick={onOpen}
            title={`${row.name}: inputs and output`}
          >
            {row.name}
          </button>
        ) : (
          <span className="trunc dim">{row.name}</span>
        )}
        {row.turns && row.turns.indices.length > 1 && <TurnPicker turns={row.turns} onTurn={onTurn} />}
      </div>
      <div className={classes["lane"]} role="cell">
        {row.tries.map((one) => (
          <Bar key={one.seq} run={one} span={span} />
        ))}
        {run ? <Bar run={run} span={span} worded /> : <span className={`${classes["never"]} dim sm`}>not reached</span>}
      </div>
    </div>
  );
}

function Bar({ run, span, worded = false }: { run: NodeRun; span: Span; worded?: boolean }) {
  const bar = barOf(run, span);
  if (run.status === "skipped") return worded ? <span className={`${classes["never"]} dim sm`}>not taken</span> : null;
  const words =
    run.status === "failed"
      ? `${run.failure?.code ?? "failed"} after ${spellDuration(bar.seconds)}`
      : spellDuration(bar.seconds);
  const place = placeOf(bar);
  return (
    <>
      <i
        className={classes["bar"]}
        data-status={run.status.toUpperCase()}
        style={{ left: `${bar.left}%`, width: `max(2px, ${bar.width}%)` }}
      />
      {worded && (
        <span
          className={`${classes["words"]} num`}
          data-inside={place === "inside" || undefined}
          style={placed(bar, place)}
        >
          {words}
        </span>
      )}
    </>
  );
}

type Place = "after" | "before" | "inside";

/** Where the words fit: behind the bar, before it, or on it when it fills the lane. */
function placeOf({ left, width }: { left: number; width: number }): Place {
  if (left + width < 80) return "after";
  return left > 30 ? "before" : "inside";
}

function placed({ left, width }: { left: number; width: number }, place: Place) {
  if (place === "after") return { left: `calc(${left + width}% + 6px)` };
  if (place === "before") return { right: `calc(${100 - left}% + 6px)` };
  return { right: `calc(${100 - left - width}% + 6px)` };
}

/** Which turn of the loop the rows below show. */
function TurnPicker({ turns, onTurn }: { turns: Turns; onTurn: (index: number) => void }) {
  const place = turns.indices.indexOf(turns.chosen);
  const [before, after] = [turns.indices[place - 1], turns.indices[place + 1]];
  const failed = turns.indices.filter((index) => turns.statuses.get(index) === "failed").length;
  return (
    <span className={classes["turns"]}>
      <ActionIcon
        size={20}
        aria-label="Turn before"
        disabled={before === undefined}
        onClick={() => before !== undefined && onTurn(before)}
      >
        <IconChevronLeft size={14} stroke={1.5} />
      </ActionIcon>
      <span className="num sm mut nowrap">
        {formatCount(turns.chosen + 1)} of {formatCount(turns.indices.length)}
      </span>
      <ActionIcon
        size={20}
        aria-label="Next turn"
        disabled={after === undefined}
        onClick={() => after !== undefined && onTurn(after)}
      >
        <IconChevronRight size={14} stroke={1.5} />
      </ActionIcon>
      {failed > 0 && <span className="tag bad">{failed} failed</span>}
    </span>
  );
}

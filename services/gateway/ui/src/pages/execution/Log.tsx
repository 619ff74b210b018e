/** The log: 200,000 lines in a window of some dozens, searched by the Hub, followed while it grows. */
import { Button, SegmentedControl } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { IconArrowDown } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState } from "react";

import { useAddress } from "~/routing/useAddress";
import { isLive } from "~/shared/executions/story";
import { Empty, ErrorNote, Skeleton } from "~/shared/Feedback";
import { SearchField } from "~/shared/Filters";
import { formatCount, plural } from "~/shared/format";

import classes from "./Log.module.css";
import { LogRow } from "./LogRow";
import type { Execution } from "./queries";
import { findNode } from "./rows";
import { useLog, type LogFilter, type LogRange } from "./useLog";

const LINE_PIXELS = 20;
const OVERSCAN = 30;
const LEVELS = [
  { value: "", label: "All" },
  { value: "warning", label: "Warnings" },
  { value: "error", label: "Errors" },
];

export function Log({ execution, graph }: { execution: Execution; graph: unknown }) {
  const [search, change] = useAddress();
  const filter = useMemo(
    () => ({ q: search["q"] ?? "", level: (search["level"] ?? "") as LogFilter["level"] }),
    [search],
  );
  const isFiltered = filter.q !== "" || filter.level !== "";
  const pane = useRef<HTMLDivElement>(null);
  const arrived = useRef(false);
  const [range, setRange] = useState<LogRange | null>(null);
  const live = isLive(execution);
  const [following, setFollowing] = useState(!search["line"]);
  const log = useLog(execution.id, live, filter, range, following);
  const pointed = Number(search["line"] ?? 0);

  const rows = useVirtualizer({
    count: log.count,
    getScrollElement: () => pane.current,
    estimateSize: () => LINE_PIXELS,
    overscan: OVERSCAN,
    onChange: (instance) => {
      const items = instance.getVirtualItems();
      const [first, last] = [items[0], items.at(-1)];
      if (!first || !last) return;
      // On the way to the end nothing else is read.
      if (!arrived.current && following && last.index < log.count - 1) return;
      arrived.current = true;
      const isWide = range !== null && range.to - range.from > last.index - first.index + 200;
      if (range && !isWide && first.index >= range.from && last.index <= range.to) return;
      setRange({ from: Math.max(0, first.index - 50), to: last.index + 50 });
    },
  });

  useEffect(() => {
    if (log.count === 0) return;
    if (pointed > 0 && !isFiltered && !following) rows.scrollToIndex(pointed - 1, { align: "center" });
    else if (following && !isFiltered) rows.scrollToIndex(log.count - 1, { align: "end" });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only when lines came or the place in the address changed
  }, [log.count, pointed, following, isFiltered]);

  const { more } = log;
  const lastShown = rows.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && lastShown >= log.count - OVERSCAN) more();
  }, [more, lastShown, log.count]);

  function scrolled() {
    const element = pane.current;
    if (element) setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < 2 * LINE_PIXELS);
  }

  return (
    <div className={classes["log"]}>
      <div className={classes["bar"]}>
        <SearchField value={filter.q} onChange={(q) => change({ q })} placeholder="Search all lines" />
        <SegmentedControl
          aria-label="Level"
          size="xs"
          data={LEVELS}
          value={filter.level}
          onChange={(level) => change({ level })}
        />
        <span className="dim sm num end" role="status">
          {isFiltered
            ? `${formatCount(log.count)}${log.more || log.searching ? " so far" : ""} of ${plural(log.total, "line")}`
            : plural(log.total, "line")}
        </span>
        {!following && !isFiltered && (
          <Button
            size="xs"
            leftSection={<IconArrowDown size={14} stroke={1.5} />}
            onClick={() => (change({ line: undefined }), setFollowing(true))}
          >
            To the end
          </Button>
        )}
      </div>
      {log.error ? (
        <ErrorNote what="The log could not be loaded." error={log.error} />
      ) : log.isPending ? (
        <Skeleton rows={8} height={LINE_PIXELS} />
      ) : log.count === 0 ? (
        <NoLines isFiltered={isFiltered} isSearching={log.searching} live={live} />
      ) : (
        <div
          ref={pane}
          className={classes["pane"]}
          onScroll={scrolled}
          tabIndex={0}
          role="log"
          aria-label="Log"
          aria-live="off"
        >
          <div style={{ height: rows.getTotalSize(), position: "relative" }}>
            {rows.getVirtualItems().map((item) => {
              const line = log.line(item.index);
              return (
                <LogRow
                  key={item.key}
                  line={line}
                  number={line?.seq ?? item.index + 1}
                  top={item.start}
                  node={line?.nodeId ? (findNode(graph, line.nodeId)?.name ?? line.nodeId) : "execution"}
                  found={filter.q}
                  isPointed={line !== undefined && line.seq === pointed}
                  onPoint={(seq) => {
                    setFollowing(false);
                    change({ line: String(seq) });
                  }}
                />
              );
            })}
          </div>
        </div>
      )}
    </div>
  );
}

function NoLines({ isFiltered, isSearching, live }: { isFiltered: boolean; isSearching: boolean; live: boolean }) {
  if (isFiltered && isSearching) return <Skeleton rows={4} height={LINE_PIXELS} />;
  if (isFiltered) return <Empty title="No line fits">Every line was searched. Try other words or another level.</Empty>;
  return (
    <Empty title={live ? "No line yet" : "It wrote no line"}>
      {live
        ? "Lines appear here as they are written."
        : "Nodes write to the log by the node “Message”, and when something is worth telling."}
    </Empty>
  );
}

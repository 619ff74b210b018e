/** The log of the run that lies over the canvas; a line leads to the node that wrote it. */
import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { Loaded } from "~/shared/Loaded";
import { Time } from "~/shared/Time";
import { useReveal } from "../canvas/useReveal";
import { logQuery, type LogLine } from "../data/queries";
import { nodeOf } from "../model/graph";
import { useEditor } from "../state/context";
import { useRun } from "./useRun";
import classes from "./Run.module.css";

export function RunLog() {
  const { executionId } = useRun();
  if (executionId === null)
    return <p className={classes["calm"]}>The log of a run stands here. Nothing is shown over the canvas yet.</p>;
  return <Lines key={executionId} executionId={executionId} />;
}

function Lines({ executionId }: { executionId: string }) {
  const { over } = useRun();
  const [search, setSearch] = useState("");
  const [wanted] = useDebouncedValue(search, 250);
  const query = useQuery({ ...logQuery(executionId, wanted), refetchInterval: over ? false : 2_000 });
  const end = useRef<HTMLLIElement>(null);
  const count = query.data?.items.length ?? 0;
  useEffect(() => {
    void end.current?.scrollIntoView({ block: "nearest" });
  }, [count]);
  return (
    <>
      <div className={classes["find"]}>
        <TextInput
          size="xs"
          aria-label="Search the log"
          placeholder="Search the log"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      <Loaded query={query} what="The log" rows={3}>
        {({ items, nextCursor }) => (
          <ul className={classes["log"]}>
            {items.map((line) => (
              <Line key={line.seq} line={line} />
            ))}
            {items.length === 0 && (
              <li className="dim">{wanted ? "No line contains this." : "No line was written yet."}</li>
            )}
            {nextCursor && (
              <li className="dim">
                The first {items.length} lines. The rest is on{" "}
                <Link className="link" to={`/executions/${executionId}` as "/"}>
                  the execution’s page
                </Link>
                .
              </li>
            )}
            <li ref={end} aria-hidden="true" />
          </ul>
        )}
      </Loaded>
    </>
  );
}

function Line({ line }: { line: LogLine }) {
  const reveal = useReveal();
  const node = useEditor((state) => (line.nodeId === null ? undefined : nodeOf(state.graph, line.nodeId)));
  return (
    <li data-level={line.level}>
      <Time at={line.at} form="milliseconds" />
      {node ? (
        <button type="button" onClick={() => reveal(node.id)}>
          {node.name || node.id}
        </button>
      ) : (
        <span className="dim">{line.nodeId ?? "runner"}</span>
      )}
      <span>{line.message}</span>
    </li>
  );
}

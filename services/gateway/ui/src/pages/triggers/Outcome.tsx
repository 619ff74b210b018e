/** What became of a fire or a delivery: the status of its execution where there is one, else the outcome's own look. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { describeInstant } from "~/shared/format";
import { StatusBadge, statusWord } from "~/shared/Status";

import { happeningsQuery, type Happening, type Kind, type Trigger } from "./queries";
import classes from "./Triggers.module.css";
import { outcomeWords } from "./words";

export function OutcomeBadge({ kind, outcome }: { kind: Kind; outcome: string }) {
  const { label, look, help } = outcomeWords(kind, outcome);
  return (
    <span title={help}>
      <StatusBadge status={look}>{label}</StatusBadge>
    </span>
  );
}

/** The last ones as a row of small marks, oldest first: it reads like a sparkline. */
export function LastOutcomes({ trigger }: { trigger: Trigger }) {
  const { data } = useQuery({ ...happeningsQuery(trigger), refetchInterval: 30_000 });
  if (!data) return <span className={classes["dots"]} />;
  if (data.length === 0)
    return <span className="dim">{trigger.kind === "schedule" ? "never fired" : "nothing delivered"}</span>;
  return (
    <span className={classes["dots"]}>
      {[...data].reverse().map((happening) => (
        <Dot key={happening.key} kind={trigger.kind} happening={happening} />
      ))}
    </span>
  );
}

function Dot({ kind, happening }: { kind: Kind; happening: Happening }) {
  const { label, look } = outcomeWords(kind, happening.outcome);
  const words = happening.status ? `${label}, ${statusWord(happening.status).toLowerCase()}` : label;
  const mark = (
    <StatusBadge status={happening.status ?? look}>
      <span className="vh">{words}</span>
    </StatusBadge>
  );
  const title = `${words}\n${describeInstant(new Date(happening.at))}`;
  if (!happening.executionId) return <span title={title}>{mark}</span>;
  return (
    <Link
      to="/executions/$executionId"
      params={{ executionId: happening.executionId }}
      title={title}
      tabIndex={-1}
      preload={false}
    >
      {mark}
    </Link>
  );
}

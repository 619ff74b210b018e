import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { formatAge, formatCount, plural } from "~/shared/format";

import classes from "./Dashboard.module.css";
import { countOf, type Dashboard } from "./queries";

const SPANS: Record<number, string> = { 1: "1 h", 24: "24 h", 168: "7 d", 720: "30 d" };
const SINCE: Record<number, string> = { 1: "1h", 24: "24h", 168: "7d", 720: "30d" };

/** The figures of the moment and of the range; each leads to the executions behind it. */
export function Stats({ dashboard, hours }: { dashboard: Dashboard; hours: number }) {
  const span = SPANS[hours] ?? `${hours} h`;
  const since = SINCE[hours];
  const live = countOf(dashboard, "ASSIGNED", "RUNNING", "STOPPING");
  const queued = countOf(dashboard, "QUEUED");
  const ended = dashboard.completed + dashboard.failed;
  const rate = dashboard.successRate;
  const waiting = countOf(dashboard, "LOST");
  return (
    <dl className={classes["stats"]}>
      <Stat word="Live now" figure={spell(live)} search={{ status: "ASSIGNED,RUNNING,STOPPING" }} />
      <Stat word="Queued" figure={spell(queued)} search={{ status: "QUEUED" }}>
        {queued.count > 0 && `oldest ${formatAge(dashboard.queueAgeSeconds * 1000)}`}
      </Stat>
      <Stat
        word={`Succeeded, ${span}`}
        figure={rate === null ? "–" : `${(rate * 100).toFixed(rate === 1 ? 0 : 1)} %`}
        search={{ status: "COMPLETED", since }}
      >
        {rate === null ? "nothing ended" : `${formatCount(dashboard.completed)} of ${formatCount(ended)}`}
      </Stat>
      <Stat
        word={`Failed, ${span}`}
        figure={formatCount(dashboard.failed)}
        tone={dashboard.failed > 0 ? "failed" : ""}
        search={{ status: "FAILED", since }}
      >
        {dashboard.failures.length > 0 && plural(dashboard.failures.length, "cause")}
      </Stat>
      <Stat word="Lost" figure={spell(waiting)} tone={waiting.count > 0 ? "lost" : ""} search={{ status: "LOST" }}>
        {waiting.count > 0 && (waiting.count === 1 ? "needs a person" : "need a person")}
      </Stat>
    </dl>
  );
}

interface StatProps {
  word: string;
  figure: string;
  tone?: string;
  search: { status: string; since?: string | undefined };
  children?: ReactNode;
}

function Stat({ word, figure, tone, search, children }: StatProps) {
  const given = search.since ? { status: search.status, since: search.since } : { status: search.status };
  return (
    <div className={classes["stat"]}>
      <dt>{word}</dt>
      <dd>
        <Link to="/executions" search={given} className={classes["figure"]} data-tone={tone || undefined}>
          {figure}
        </Link>
        {children && <span className="dim sm">{children}</span>}
      </dd>
    </div>
  );
}

function spell({ count, more }: { count: number; more: boolean }): string {
  return `${formatCount(count)}${more ? "+" : ""}`;
}

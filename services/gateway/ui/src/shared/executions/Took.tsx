import { formatDuration } from "~/shared/format";
import { useNow } from "~/shared/useNow";

import { isLive, secondsOf, type Execution } from "./story";

/** How long it ran, going on while it runs. */
export function Took({ execution }: { execution: Pick<Execution, "status" | "startedAt" | "completedAt"> }) {
  if (!execution.startedAt) return <span className="dim">–</span>;
  return isLive(execution) ? <Running execution={execution} /> : <Seconds seconds={secondsOf(execution, 0)} />;
}

function Running({ execution }: { execution: Pick<Execution, "startedAt" | "completedAt"> }) {
  return <Seconds seconds={secondsOf(execution, useNow())} />;
}

function Seconds({ seconds }: { seconds: number | null }) {
  return <span className="num">{seconds === null ? "–" : formatDuration(seconds)}</span>;
}

/** How long a node took, or has been taking. */
import { spellDuration } from "~/shared/format";
import { useNow } from "~/shared/useNow";
import type { NodeFacts } from "./facts";

const TICK_MILLISECONDS = 200;

export function RunTime({ facts }: { facts: NodeFacts }) {
  if (facts.status === "running") return <Running since={facts.startedAt ?? null} />;
  return facts.seconds === undefined ? null : <span className="num">{spellDuration(facts.seconds)}</span>;
}

function Running({ since }: { since: string | null }) {
  const now = useNow(TICK_MILLISECONDS);
  if (since === null) return null;
  return <span className="num">{(Math.max(0, now - Date.parse(since)) / 1_000).toFixed(1)} s</span>;
}

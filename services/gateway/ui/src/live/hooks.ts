/** How components follow what changes on the Hub. */
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

import { live, type Change, type LiveStatus } from "./connection";

/** While the stream is away, lists ask this often; while it stands, rarely, in case a bell was lost. */
const POLL_MILLISECONDS = 5_000;
const SAFETY_MILLISECONDS = 60_000;

/** Calls `onChange` for each change of a topic ("executions", "runners", "execution:ID"); null watches nothing. */
export function useTopic(topic: string | null, onChange: (change: Change) => void): void {
  const latest = useEffectEvent(onChange);
  useEffect(() => (topic === null ? undefined : live.watch(topic, (change) => latest(change))), [topic]);
}

export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(live.subscribe, live.getStatus);
}

/** For `refetchInterval`: polling behind the stream. */
export function usePolling(): number {
  return useLiveStatus().state === "live" ? SAFETY_MILLISECONDS : POLL_MILLISECONDS;
}

/** Which runner comes first, and what to say of it. */

import type { Runner } from "../data/queries";

/** Whether a runner can begin now, and in a few words why not. */
export function choiceOf(runner: Runner): { free: boolean; words: string } {
  if (runner.disabled) return { free: false, words: "disabled" };
  if (runner.state === "OFFLINE") return { free: false, words: "not connected" };
  if (runner.draining) return { free: false, words: "draining" };
  if (runner.pause) return { free: false, words: "paused at the machine" };
  if (runner.state === "BUSY") return { free: false, words: "busy" };
  return { free: true, words: "runs this draft now" };
}

/** Free ones before others, one's own before others', then by name. */
export function orderedRunners(runners: readonly Runner[], userId: string): Runner[] {
  const weight = (runner: Runner) => (choiceOf(runner).free ? 0 : 2) + (runner.ownerId === userId ? 0 : 1);
  return [...runners].sort((a, b) => weight(a) - weight(b) || a.name.localeCompare(b.name));
}

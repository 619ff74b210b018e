/** Whether the draft is on the Hub, in a few words. */
import { useSyncExternalStore } from "react";

import { Time } from "~/shared/Time";
import type { Saver, SaveState } from "./saver";

export function SaveMark({ saver }: { saver: Saver }) {
  const state = useSyncExternalStore(saver.subscribe, saver.getState);
  return (
    <span className="dim sm nowrap" role="status" data-testid="save-state" data-state={state.kind}>
      <Words state={state} />
    </span>
  );
}

function Words({ state }: { state: SaveState }) {
  switch (state.kind) {
    case "saved":
      return state.at === null ? null : (
        <>
          saved <Time at={new Date(state.at).toISOString()} />
        </>
      );
    case "unsaved":
      return "not saved yet";
    case "saving":
      return "saving…";
    case "away":
      return <span className="tag warn">Hub away; kept here, saved when it is back</span>;
    case "refused":
      return (
        <span className="tag bad" title={state.message}>
          not saved: {state.message}
        </span>
      );
    case "conflict":
      return <span className="tag warn">changed by somebody else</span>;
  }
}

/** How fresh the page is: live, or reconnecting and since when what it shows is old. */
import { useLiveStatus } from "~/live/hooks";
import { formatInstant } from "~/shared/format";
import { useNow } from "~/shared/useNow";

import classes from "./SideBar.module.css";

const WORDS = { idle: "Ready", connecting: "Connecting", live: "Live", reconnecting: "Reconnecting" };

export function LiveMark() {
  const { state, since } = useLiveStatus();
  const now = useNow();
  const clock = state === "reconnecting" ? `as of ${formatInstant(new Date(since))}` : formatInstant(new Date(now));
  return (
    <div className={classes["live"]} data-state={state} role="status">
      <i className={classes["dot"]} aria-hidden="true" />
      {WORDS[state]}
      <span className="num end" aria-hidden="true">
        {clock}
      </span>
    </div>
  );
}

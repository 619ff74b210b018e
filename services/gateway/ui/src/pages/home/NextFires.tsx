import { Link } from "@tanstack/react-router";

import { Panel } from "~/shared/Panel";
import { plural } from "~/shared/format";
import { Time } from "~/shared/Time";

import classes from "./Dashboard.module.css";
import type { Dashboard } from "./queries";

/** What schedules will start, soonest first. */
export function NextFires({ dashboard }: { dashboard: Dashboard }) {
  const { nextFires, pausedTriggers } = dashboard;
  if (nextFires.length === 0 && pausedTriggers === 0) return null;
  return (
    <Panel
      title="Next fires"
      aside={pausedTriggers > 0 ? `${plural(pausedTriggers, "trigger")} paused by failures` : ""}
      bleed
    >
      <ul className={classes["list"]}>
        {nextFires.map((fire) => (
          <li key={fire.triggerId + fire.at}>
            <Link to="/triggers/$triggerId" params={{ triggerId: fire.triggerId }} className={classes["item"]}>
              <span className="grow">
                <span className="strong trunc" style={{ display: "block" }} title={fire.workflowName}>
                  {fire.workflowName}
                </span>
                <span className="dim sm trunc" style={{ display: "block" }} title={fire.triggerName}>
                  {fire.triggerName}
                </span>
              </span>
              <span className="mut nowrap num">
                <Time at={fire.at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

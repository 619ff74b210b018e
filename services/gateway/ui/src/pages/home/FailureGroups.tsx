import { Link } from "@tanstack/react-router";

import { Empty } from "~/shared/Feedback";
import { formatCount } from "~/shared/format";
import { Panel } from "~/shared/Panel";
import { Age } from "~/shared/Time";

import classes from "./Dashboard.module.css";
import type { Dashboard } from "./queries";

/** Failures that are alike are one line: what to mend first. */
export function FailureGroups({ dashboard }: { dashboard: Dashboard }) {
  return (
    <Panel title="Failures by cause" aside="alike counted together" bleed>
      {dashboard.failures.length === 0 ? (
        <Empty title="Nothing failed in this time" />
      ) : (
        <ul className={classes["list"]}>
          {dashboard.failures.map((group) => (
            <li key={group.fingerprint}>
              <Link
                to="/executions/$executionId"
                params={{ executionId: group.latestExecutionId }}
                className={classes["item"]}
              >
                <span className="grow">
                  <span className="trunc strong" style={{ display: "block" }} title={group.message}>
                    {group.message}
                  </span>
                  <span className="trunc dim sm" style={{ display: "block" }}>
                    {group.workflows.map((workflow) => workflow.name).join(", ")}
                    {group.nodeId ? `, node ${group.nodeId}` : ""} · {group.code}
                  </span>
                </span>
                <span style={{ textAlign: "right" }}>
                  <b className="strong num" style={{ display: "block" }}>
                    {formatCount(group.count)}
                  </b>
                  <span className="dim sm">
                    <Age at={group.lastAt} suffix=" ago" />
                  </span>
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

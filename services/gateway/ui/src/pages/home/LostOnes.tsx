import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { executionsQuery } from "~/shared/executions/queries";
import { Panel } from "~/shared/Panel";
import { StatusIcon } from "~/shared/Status";
import { Time } from "~/shared/Time";

import classes from "./Dashboard.module.css";
import { countOf, type Dashboard } from "./queries";

const SHOWN = 3;

/** Nobody knows how they ended: a person has to look. */
export function LostOnes({ dashboard }: { dashboard: Dashboard }) {
  const { count } = countOf(dashboard, "LOST");
  const { data } = useQuery({ ...executionsQuery({ status: ["LOST"], limit: SHOWN }), enabled: count > 0 });
  if (count === 0 || !data) return null;
  return (
    <Panel tone="lost" title="Needs a person" aside={`${count} lost`} bleed>
      <ul className={classes["list"]}>
        {data.items.map((execution) => (
          <li key={execution.id}>
            <Link to="/executions/$executionId" params={{ executionId: execution.id }} className={classes["item"]}>
              <StatusIcon status="LOST" />
              <span className="grow">
                <span className="strong trunc" style={{ display: "block" }}>
                  {execution.workflow.name}
                </span>
                <span className="dim sm trunc" style={{ display: "block" }}>
                  {execution.runnerName ?? "The runner"} went silent{" "}
                  <Time at={execution.contactLostAt ?? execution.startedAt} />
                </span>
              </span>
              <span className="link">Decide</span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

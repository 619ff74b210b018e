import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { usePolling } from "~/live/hooks";
import { executionsQuery } from "~/shared/executions/queries";
import { tellStory } from "~/shared/executions/story";
import { Took } from "~/shared/executions/Took";
import { Empty } from "~/shared/Feedback";
import { Loaded } from "~/shared/Loaded";
import { Panel } from "~/shared/Panel";
import { StatusIcon } from "~/shared/Status";

import classes from "./Dashboard.module.css";

const SHOWN = 8;

/** What is alive, newest first. */
export function Now() {
  const polling = usePolling();
  const query = useQuery({
    ...executionsQuery({ status: ["QUEUED", "ASSIGNED", "RUNNING", "STOPPING"], limit: SHOWN }),
    refetchInterval: polling,
  });
  return (
    <Panel
      title="Now"
      actions={
        <Link to="/executions" className="link">
          All executions
        </Link>
      }
      bleed
    >
      <Loaded query={query} what="What runs" rows={3}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="Nothing runs and nothing waits">What is started appears here at once.</Empty>
          ) : (
            <ul className={classes["list"]}>
              {page.items.map((execution) => (
                <li key={execution.id}>
                  <Link
                    to="/executions/$executionId"
                    params={{ executionId: execution.id }}
                    className={`${classes["item"]} ${classes["live"]}`}
                  >
                    <StatusIcon status={execution.status} />
                    <span className="strong trunc" title={execution.workflow.name}>
                      {execution.workflow.name} {execution.draft && <span className="tag">draft</span>}
                    </span>
                    <span className={`mut trunc ${classes["where"]}`}>{execution.runnerName ?? ""}</span>
                    <span className={`dim trunc ${classes["story"]}`}>{tellStory(execution)}</span>
                    <span className="mut">
                      <Took execution={execution} />
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

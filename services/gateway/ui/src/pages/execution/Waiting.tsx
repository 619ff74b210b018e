/** Why it waits: every runner against every condition, asked again while somebody looks. */
import { useQuery } from "@tanstack/react-query";
import { IconCheck, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import { useIsPhone } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { plural, spellDuration } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";
import { useNow } from "~/shared/useNow";

import { reasonsQuery, type Execution } from "./queries";
import { answerOf, conditionsOf, type Reason } from "./reasons";
import classes from "./Waiting.module.css";

const ASK_MILLISECONDS = 3_000;

export function Waiting({ execution }: { execution: Execution }) {
  const query = useQuery({
    ...reasonsQuery(execution.id),
    initialData: execution.pendingReasons,
    refetchInterval: ASK_MILLISECONDS,
  });
  const now = useNow();
  const created = Date.parse(execution.createdAt);
  const givesUpAt =
    execution.queueTimeoutSeconds > 0 ? new Date(created + execution.queueTimeoutSeconds * 1000).toISOString() : null;
  return (
    <>
      <Panel>
        <div className={classes["answer"]}>
          <p className="grow">{answerOf(query.data, execution.waitingFor)}</p>
          <dl className={classes["times"]}>
            <dt>Waiting</dt>
            <dd className="num">{spellDuration(Math.max(1, Math.floor((now - created) / 1000)))}</dd>
            {execution.notBefore && Date.parse(execution.notBefore) > now && (
              <>
                <dt>Not before</dt>
                <dd>
                  <Time at={execution.notBefore} />
                </dd>
              </>
            )}
            {givesUpAt && (
              <>
                <dt>Gives up</dt>
                <dd>
                  <Time at={givesUpAt} />
                </dd>
              </>
            )}
          </dl>
        </div>
      </Panel>
      <Panel
        title="Why it is waiting"
        aside={`${plural(query.data.filter((reason) => reason.runnerId).length, "runner")}, asked again every few seconds`}
        bleed
      >
        <Loaded query={query} what="The reasons">
          {(reasons) => <Matrix reasons={reasons} />}
        </Loaded>
      </Panel>
    </>
  );
}

function Matrix({ reasons }: { reasons: readonly Reason[] }) {
  const isPhone = useIsPhone();
  const runners = reasons.filter((reason) => reason.runnerId !== null);
  if (runners.length === 0) {
    return (
      <Empty
        title={reasons.length > 0 ? "It waits for something other than a runner" : "No runner is registered"}
        action={
          <Link to="/runners" className="link">
            Go to the runners
          </Link>
        }
      >
        {reasons.flatMap((reason) => reason.obstacles.map((obstacle) => obstacle.message)).join(" ")}
      </Empty>
    );
  }
  if (isPhone) return <Listed reasons={runners} />;
  const conditions = conditionsOf(runners);
  return (
    <div className={classes["scroll"]}>
      <table className={classes["matrix"]} aria-label="Runners against conditions">
        <thead>
          <tr>
            <th scope="col">Runner</th>
            {conditions.map((condition) => (
              <th key={condition.code} scope="col">
                {condition.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runners.map((reason) => (
            <tr key={reason.runnerId}>
              <th scope="row">
                <Link to="/runners/$runnerId" params={{ runnerId: reason.runnerId ?? "" }}>
                  {reason.runner}
                </Link>
              </th>
              {conditions.map((condition) => {
                const obstacle = reason.obstacles.find((one) => one.code === condition.code);
                return (
                  <td key={condition.code} title={obstacle?.message}>
                    {obstacle ? (
                      <span className="row">
                        <IconX size={14} stroke={2} className={classes["no"]} aria-label="no" />
                        <span className="sm mut">{obstacle.message}</span>
                      </span>
                    ) : (
                      <IconCheck size={14} stroke={2} className={classes["yes"]} aria-label="yes" />
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** On a phone: each runner with what keeps it. */
function Listed({ reasons }: { reasons: readonly Reason[] }) {
  return (
    <ul className={classes["listed"]}>
      {reasons.map((reason) => (
        <li key={reason.runnerId}>
          <b className="strong">{reason.runner}</b>
          {reason.obstacles.length === 0 && <span className="mut">could take it</span>}
          {reason.obstacles.map((obstacle) => (
            <span key={obstacle.code} className="row">
              <IconX size={14} stroke={2} className={classes["no"]} aria-hidden="true" />
              <span className="mut">{obstacle.message}</span>
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}

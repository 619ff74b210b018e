import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { useFresh } from "~/live/useFresh";
import { Loaded } from "~/shared/Loaded";
import { Panel } from "~/shared/Panel";
import { StatusBadge, StatusIcon } from "~/shared/Status";
import { Time } from "~/shared/Time";

import { happeningsQuery, TRIGGERS, type Happening, type Trigger } from "./queries";
import classes from "./Triggers.module.css";
import { outcomeWords } from "./words";

/** The last fires beside the schedule; every planned fire has an outcome. */
export function LastFires({ trigger }: { trigger: Trigger }) {
  const query = useQuery(happeningsQuery(trigger));
  useFresh("executions", [...TRIGGERS, "happenings", trigger.id]);
  return (
    <Panel
      title="Last fires"
      bleed
      actions={
        <Link to="/triggers/$triggerId" params={{ triggerId: trigger.id }} search={{ tab: "ledger" }} className="link">
          Ledger
        </Link>
      }
    >
      <Loaded query={query} what="The last fires" rows={3}>
        {(fires) =>
          fires.length === 0 ? (
            <p className="mut" style={{ padding: "var(--s-3) var(--s-4)" }}>
              It has not fired yet.
            </p>
          ) : (
            <div>
              {fires.slice(0, 6).map((fire) => (
                <Row key={fire.key} fire={fire} />
              ))}
            </div>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Row({ fire }: { fire: Happening }) {
  const { label, look } = outcomeWords("schedule", fire.outcome);
  const inside = (
    <>
      {fire.status ? <StatusIcon status={fire.status} /> : <StatusBadge status={look}> </StatusBadge>}
      <span style={{ minWidth: 92 }}>
        <Time at={fire.at} />
      </span>
      <span className="mut">{label}</span>
    </>
  );
  if (!fire.executionId) return <div className={classes["item"]}>{inside}</div>;
  return (
    <Link to="/executions/$executionId" params={{ executionId: fire.executionId }} className={classes["item"]}>
      {inside}
    </Link>
  );
}

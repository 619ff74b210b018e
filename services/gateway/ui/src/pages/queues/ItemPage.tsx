/** One item: what it is about, what became of it, and every handling. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { Note } from "~/shared/Feedback";
import { formatCount, shortId } from "~/shared/format";
import { JsonView } from "~/shared/JsonView";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { Facts, Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { ItemActions } from "./ItemActions";
import { named } from "./Items";
import { ItemState } from "./ItemState";
import { itemQuery, queueQuery, type Item, type ItemAttempt } from "./queries";
import classes from "./Queues.module.css";
import { OUTCOMES } from "./words";

const route = getRouteApi("/shell/queues/$queueId/items/$itemId");

export function ItemPage() {
  const { queueId, itemId } = route.useParams();
  const mayWork = useMay("queue:work");
  const queue = useQuery(queueQuery(queueId));
  const query = useQuery({ ...itemQuery(queueId, itemId), refetchInterval: Math.min(usePolling(), 15_000) });
  return (
    <Page
      title={query.data ? named(query.data.item) : "Item"}
      crumbs={[
        { label: "Queues", to: "/queues" },
        { label: queue.data?.name ?? "Queue", to: `/queues/${queueId}` },
      ]}
      actions={query.data && mayWork && <ItemActions item={query.data.item} />}
    >
      <Loaded query={query} what="The item">
        {({ item, attempts }) => <Shown item={item} attempts={attempts} />}
      </Loaded>
    </Page>
  );
}

function Shown({ item, attempts }: { item: Item; attempts: readonly ItemAttempt[] }) {
  return (
    <div className="stack">
      <div className="row wrap">
        <h1>{named(item)}</h1>
        <ItemState status={item.status} pill />
      </div>
      {item.status === "lost" && (
        <Note tone="warn">
          {item.failure?.message} Look where its work shows, then say here whether it was done, or have it tried again.
        </Note>
      )}
      {item.failure && item.status !== "lost" && (
        <Note tone="warn">
          <b className="mono">{item.failure.code}</b> {item.failure.message}
        </Note>
      )}
      <div className="columns aside">
        <div className="stack">
          <Panel title="Payload">
            <JsonView value={item.payload} what="Payload" />
          </Panel>
          {item.output !== null && (
            <Panel title="Result">
              <JsonView value={item.output} what="Result" />
            </Panel>
          )}
        </div>
        <div className="stack">
          <Panel title="Item">
            <Facts
              rows={[
                ["Priority", formatCount(item.priority)],
                ["Added", <Time key="added" at={item.createdAt} />],
                ["By", item.createdBy?.name],
                ["Not before", item.status === "new" ? <Time key="ready" at={item.readyAt} /> : null],
                ["Deadline", item.deadlineAt && <Time at={item.deadlineAt} />],
                ["System failures", formatCount(item.failures)],
                ["Held until", item.leaseExpiresAt && <Time at={item.leaseExpiresAt} />],
                ["Settled", item.settledAt && <Time at={item.settledAt} />],
              ]}
            />
          </Panel>
          <Panel title="Handlings">
            {attempts.length === 0 && <p className="mut">Nobody has taken it yet.</p>}
            <ol>
              {attempts.map((attempt) => (
                <Handling key={attempt.attempt} attempt={attempt} />
              ))}
            </ol>
          </Panel>
        </div>
      </div>
    </div>
  );
}

function Handling({ attempt }: { attempt: ItemAttempt }) {
  return (
    <li className={classes["handling"]}>
      <span className="num dim">{attempt.attempt}</span>
      <span>
        {attempt.outcome ? OUTCOMES[attempt.outcome] : "In progress"}
        {attempt.late && <span className="dim"> (told late)</span>}
        <br />
        <Link to="/executions/$executionId" params={{ executionId: attempt.executionId }} className="link sm">
          Execution {shortId(attempt.executionId)}
        </Link>
        {attempt.failure && <span className="dim sm"> {attempt.failure.code}</span>}
      </span>
      <Time at={attempt.takenAt} />
    </li>
  );
}

/** One event endpoint: how it stands, what it was sent and what it answered. */
import { Button, Drawer } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconBroadcast } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";

import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty, Note } from "~/shared/Feedback";
import { FilterChip, Pager } from "~/shared/Filters";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { Facts, Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { DeliveryDetail } from "./DeliveryDetail";
import { EndpointModal } from "./EndpointForm";
import { EndpointMenu } from "./EndpointMenu";
import classes from "./Events.module.css";
import { deliveriesQuery, endpointQuery, eventTypesQuery, type Delivery, type Endpoint } from "./queries";
import { ReplayButton } from "./Replay";
import { DeliveryState, EndpointState, STATE_CHOICES } from "./State";
import { TestButton } from "./Test";

const route = getRouteApi("/shell/event-endpoints/$endpointId");

const COLUMNS: readonly Column<Delivery>[] = [
  { key: "type", head: "Event", main: true, cell: (row) => <span className="mono">{row.eventType}</span> },
  { key: "at", head: "Happened", width: "130px", cell: (row) => <Time at={row.eventAt} /> },
  { key: "state", head: "State", width: "120px", cell: (row) => <DeliveryState delivery={row} /> },
  {
    key: "tries",
    head: "Tries",
    width: "60px",
    align: "right",
    cell: (row) => <span className="num">{row.attempts}</span>,
  },
  { key: "answer", head: "Answer", cell: (row) => <AnswerOf delivery={row} /> },
  { key: "next", head: "Next try", width: "120px", align: "right", cell: (row) => <Time at={row.nextAt} /> },
];

export function EndpointPage() {
  const { endpointId } = route.useParams();
  const mayManage = useMay("event:manage");
  const [isChanging, setChanging] = useState(false);
  const query = useQuery({ ...endpointQuery(endpointId), refetchInterval: Math.min(usePolling(), 15_000) });
  const endpoint = query.data;
  return (
    <Page
      title={endpoint?.name ?? "Event endpoint"}
      crumbs={[{ label: "Event endpoints", to: "/event-endpoints" }]}
      actions={
        endpoint &&
        mayManage && (
          <>
            <EndpointMenu endpoint={endpoint} />
            <Button className="desktop-only" onClick={() => setChanging(true)}>
              Change
            </Button>
            <TestButton endpoint={endpoint} />
          </>
        )
      }
    >
      <Loaded query={query} what="The endpoint">
        {(shown) => <Shown endpoint={shown} />}
      </Loaded>
      {endpoint && isChanging && <EndpointModal endpoint={endpoint} onClose={() => setChanging(false)} />}
    </Page>
  );
}

function Shown({ endpoint }: { endpoint: Endpoint }) {
  const lists = (texts: readonly string[]) => texts.join(", ");
  return (
    <div className="stack">
      <div className="row wrap">
        <h1>{endpoint.name}</h1>
        <EndpointState endpoint={endpoint} />
      </div>
      {!endpoint.enabled && (
        <Note tone="warn">
          It is switched off{endpoint.disabledReason ? `: ${endpoint.disabledReason}` : ""}. Events of this time can be
          sent afterwards by a replay.
        </Note>
      )}
      {endpoint.enabled && endpoint.failures > 0 && endpoint.lastError && (
        <Note tone="warn">
          The last {endpoint.failures} tries failed: {endpoint.lastError} What is not taken is tried again; each
          delivery says until when.
        </Note>
      )}
      <div className={classes["columns"]}>
        <Log endpoint={endpoint} />
        <Panel title="Endpoint">
          <Facts
            rows={[
              [
                "Address",
                <span key="url" className="mono">
                  {endpoint.url}
                </span>,
              ],
              [
                "Events",
                <span key="types" className="mono">
                  {lists(endpoint.eventTypes)}
                </span>,
              ],
              ["Workflows", endpoint.workflowIds.length > 0 ? `${endpoint.workflowIds.length} chosen` : "all"],
              ["Labels", lists(endpoint.labels)],
              ["Headers", lists(endpoint.headerNames)],
              ["Certificate", endpoint.verifyTls ? "checked" : "not checked"],
              ["Waiting", endpoint.pending],
              ["Given up", endpoint.parked],
              ["Last taken", <Time key="ok" at={endpoint.lastSuccessAt} />],
              ["Last failed", <Time key="bad" at={endpoint.lastFailureAt} />],
              ["Old secret until", endpoint.previousSecretUntil && <Time at={endpoint.previousSecretUntil} />],
            ]}
          />
        </Panel>
      </div>
    </div>
  );
}

function Log({ endpoint }: { endpoint: Endpoint }) {
  const [search, change] = useAddress();
  const mayManage = useMay("event:manage");
  const status = search["status"]?.split(",").filter(Boolean) ?? [];
  const [type, cursor] = [search["type"] ?? "", search["cursor"] ?? ""];
  const types = useQuery(eventTypesQuery).data ?? [];
  const query = useQuery({
    ...deliveriesQuery(endpoint.id, status, type, cursor),
    placeholderData: keepPreviousData,
    refetchInterval: Math.min(usePolling(), 10_000),
  });
  return (
    <>
      <Panel
        title="Deliveries"
        bleed
        actions={
          <>
            <FilterChip
              name="State"
              several
              chosen={status}
              choices={STATE_CHOICES}
              onChange={(chosen) => change({ status: chosen.join(","), cursor: undefined })}
            />
            <FilterChip
              name="Event"
              chosen={type ? [type] : []}
              choices={types.map(({ name }) => ({ value: name, label: name }))}
              onChange={([value]) => change({ type: value, cursor: undefined })}
            />
            {mayManage && <ReplayButton endpoint={endpoint} />}
          </>
        }
      >
        <Loaded query={query} what="The deliveries">
          {(page) =>
            page.items.length === 0 ? (
              <Empty
                icon={<IconBroadcast size={20} stroke={1.5} />}
                title={status.length > 0 || type ? "No delivery fits" : "Nothing was sent yet"}
              >
                {status.length > 0 || type
                  ? "Take a filter away to see more."
                  : "The next event it asked for appears here. “Send a test” shows at once whether it is taken."}
              </Empty>
            ) : (
              <>
                <DataTable
                  label="Deliveries"
                  rows={page.items}
                  columns={COLUMNS}
                  rowKey={(row) => row.id}
                  href={(row) => `/event-endpoints/${endpoint.id}?delivery=${row.id}`}
                  scope="Deliveries"
                  phone={(row) => ({
                    title: row.eventType,
                    detail: <AnswerOf delivery={row} />,
                    right: <DeliveryState delivery={row} />,
                    below: <Time at={row.eventAt} />,
                  })}
                />
                {(cursor || page.nextCursor) && (
                  <Pager
                    atStart={!cursor}
                    hasMore={page.nextCursor !== null}
                    onNewer={() => change({ cursor: undefined })}
                    onOlder={() => change({ cursor: page.nextCursor ?? undefined }, { push: true })}
                  />
                )}
              </>
            )
          }
        </Loaded>
      </Panel>
      <Drawer
        opened={Boolean(search["delivery"])}
        onClose={() => change({ delivery: undefined })}
        position="right"
        size={580}
        title="Delivery"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {search["delivery"] && <DeliveryDetail endpointId={endpoint.id} deliveryId={search["delivery"]} />}
      </Drawer>
    </>
  );
}

function AnswerOf({ delivery }: { delivery: Delivery }) {
  const text = [delivery.responseStatus, delivery.error].filter(Boolean).join(" ");
  return (
    <span className="mut" title={text}>
      {text || "–"}
    </span>
  );
}

/** One event endpoint: how it stands, what is known of it, and what can be done with it. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";

import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { Note } from "~/shared/Feedback";
import { endSentence } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { Facts, Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { EndpointDeliveries } from "./EndpointDeliveries";
import { EndpointModal } from "./EndpointForm";
import { EndpointMenu } from "./EndpointMenu";
import { endpointQuery, type Endpoint } from "./queries";
import { EndpointState } from "./State";
import { TestButton } from "./Test";

const route = getRouteApi("/shell/event-endpoints/$endpointId");

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
          The last {endpoint.failures} tries failed: {endSentence(endpoint.lastError)} What is not taken is tried again;
          each delivery says until when.
        </Note>
      )}
      <div className="columns aside">
        <EndpointDeliveries endpoint={endpoint} />
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

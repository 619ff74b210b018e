/** Which programs are told of events. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconBroadcast, IconPlus } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";

import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { useShortcut } from "~/shared/shortcuts";
import { Age } from "~/shared/Time";

import { EndpointModal } from "./EndpointForm";
import { endpointsQuery, type Endpoint } from "./queries";
import { EndpointState } from "./State";

const COLUMNS: readonly Column<Endpoint>[] = [
  { key: "name", head: "Endpoint", width: "18%", main: true, cell: (row) => row.name },
  { key: "url", head: "Address", cell: (row) => <span className="mono dim">{row.url}</span> },
  { key: "events", head: "Events", cell: (row) => <span className="mono mut">{row.eventTypes.join(", ")}</span> },
  { key: "state", head: "State", width: "170px", cell: (row) => <EndpointState endpoint={row} /> },
  { key: "pending", head: "Waiting", width: "80px", align: "right", cell: (row) => <Count count={row.pending} /> },
  { key: "parked", head: "Given up", width: "90px", align: "right", cell: (row) => <Count count={row.parked} /> },
  { key: "last", head: "Delivered", width: "110px", align: "right", cell: (row) => <Last endpoint={row} /> },
];

export function EndpointsPage() {
  const [search, change] = useAddress();
  const navigate = useNavigate();
  const mayManage = useMay("event:manage");
  const query = useQuery({ ...endpointsQuery, refetchInterval: Math.min(usePolling(), 15_000) });
  const make = () => change({ new: "endpoint" });
  const close = () => change({ new: undefined });
  useShortcut("n", "New event endpoint", make, { scope: "Event endpoints", enabled: mayManage });
  const button = mayManage && (
    <Button variant="filled" leftSection={<IconPlus size={16} stroke={1.5} />} onClick={make}>
      New endpoint
    </Button>
  );
  return (
    <Page title="Event endpoints" bleed actions={button}>
      <Loaded query={query} what="The endpoints" rows={4}>
        {(endpoints) =>
          endpoints.length === 0 ? (
            <Empty icon={<IconBroadcast size={20} stroke={1.5} />} title="Nobody is told yet" action={button}>
              An event endpoint is an address of another program. The Hub sends it what happens, signed, in order, and
              again until it is taken.
            </Empty>
          ) : (
            <DataTable
              label="Event endpoints"
              rows={endpoints}
              columns={COLUMNS}
              rowKey={(row) => row.id}
              href={(row) => `/event-endpoints/${row.id}`}
              bleed
              scope="Event endpoints"
              phone={(row) => ({
                title: row.name,
                detail: row.url,
                right: <EndpointState endpoint={row} />,
                below: <Last endpoint={row} />,
              })}
            />
          )
        }
      </Loaded>
      {mayManage && search["new"] && (
        <EndpointModal
          onClose={close}
          onMade={(made) => void navigate({ to: "/event-endpoints/$endpointId", params: { endpointId: made.id } })}
        />
      )}
    </Page>
  );
}

function Count({ count }: { count: number }) {
  return count > 0 ? <span className="num">{count}</span> : <span className="dim">–</span>;
}

function Last({ endpoint }: { endpoint: Endpoint }) {
  return endpoint.lastSuccessAt ? (
    <Age at={endpoint.lastSuccessAt} suffix=" ago" />
  ) : (
    <span className="dim">never</span>
  );
}

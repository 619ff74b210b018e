/** What an endpoint was sent and what it answered. */
import { Drawer } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconBroadcast } from "@tabler/icons-react";

import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { FilterChip } from "~/shared/Filters";
import { Loaded } from "~/shared/Loaded";
import { PageFoot } from "~/shared/PageFoot";
import { Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { DeliveryDetail } from "./DeliveryDetail";
import { deliveriesQuery, eventTypesQuery, type Delivery, type Endpoint } from "./queries";
import { ReplayButton } from "./Replay";
import { DeliveryState, STATE_CHOICES } from "./State";

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

export function EndpointDeliveries({ endpoint }: { endpoint: Endpoint }) {
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
                <PageFoot nextCursor={page.nextCursor} />
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

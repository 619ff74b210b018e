/** What was delivered to a webhook, what became of it, and once more. */
import { Drawer } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconInbox } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import { useMay } from "~/api/session";
import { useFresh } from "~/live/useFresh";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { CopyField } from "~/shared/Copy";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { FilterChip } from "~/shared/Filters";
import { formatBytes, shortId } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { PageFoot } from "~/shared/PageFoot";
import { Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { DeliveryDetail } from "./DeliveryDetail";
import { OutcomeBadge } from "./Outcome";
import { deliveriesQuery, TRIGGERS, type Delivery, type Trigger } from "./queries";
import { Rejections } from "./Rejections";
import classes from "./Triggers.module.css";
import { DELIVERY_OUTCOMES } from "./words";

const SHOWN = 50;
const OUTCOMES = Object.entries(DELIVERY_OUTCOMES).map(([value, { label }]) => ({ value, label }));

const COLUMNS: readonly Column<Delivery>[] = [
  { key: "at", head: "Received", width: "150px", main: true, cell: (row) => <Time at={row.receivedAt} /> },
  {
    key: "outcome",
    head: "Outcome",
    width: "140px",
    cell: (row) => <OutcomeBadge kind="webhook" outcome={row.outcome} />,
  },
  { key: "why", head: "Why", cell: (row) => <Why delivery={row} /> },
  { key: "from", head: "From", width: "150px", cell: (row) => <span className="mono dim">{row.ip}</span> },
  {
    key: "size",
    head: "Body",
    width: "90px",
    align: "right",
    cell: (row) => <span className="num dim">{formatBytes(row.bodyBytes)}</span>,
  },
  {
    key: "execution",
    head: "Execution",
    width: "120px",
    align: "right",
    cell: (row) => <ExecutionOf delivery={row} />,
  },
];

export function Deliveries({ trigger }: { trigger: Trigger }) {
  const [search, change] = useAddress();
  const polling = usePolling();
  const outcome = search["outcome"]?.split(",").filter(Boolean) ?? [];
  const cursor = search["cursor"] ?? "";
  const query = useQuery({
    ...deliveriesQuery(trigger.id, outcome, cursor, SHOWN),
    placeholderData: keepPreviousData,
    refetchInterval: Math.min(polling, 10_000),
  });
  useFresh(cursor ? null : "executions", [...TRIGGERS, "deliveries", trigger.id]);
  return (
    <>
      <Panel
        title="Deliveries"
        aside="newest first"
        bleed
        actions={
          <FilterChip
            name="Outcome"
            several
            chosen={outcome}
            choices={OUTCOMES}
            onChange={(chosen) => change({ outcome: chosen.join(","), cursor: undefined })}
          />
        }
      >
        <Loaded query={query} what="The deliveries">
          {(page) =>
            page.items.length === 0 ? (
              <Nothing trigger={trigger} isFiltered={outcome.length > 0} />
            ) : (
              <>
                <DataTable
                  label="Deliveries"
                  rows={page.items}
                  columns={COLUMNS}
                  rowKey={(row) => row.id}
                  href={(row) => `/triggers/${trigger.id}?delivery=${row.id}`}
                  scope="Deliveries"
                  phone={(row) => ({
                    title: <Time at={row.receivedAt} />,
                    detail: row.message ?? row.ip,
                    right: <OutcomeBadge kind="webhook" outcome={row.outcome} />,
                    below: formatBytes(row.bodyBytes),
                  })}
                />
                <PageFoot nextCursor={page.nextCursor} />
              </>
            )
          }
        </Loaded>
      </Panel>
      <Rejections trigger={trigger} />
      <Drawer
        opened={Boolean(search["delivery"])}
        onClose={() => change({ delivery: undefined })}
        position="right"
        size={560}
        title="Delivery"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {search["delivery"] && <DeliveryDetail deliveryId={search["delivery"]} />}
      </Drawer>
    </>
  );
}

function Why({ delivery }: { delivery: Delivery }) {
  return (
    <span className="mut" title={delivery.message ?? undefined}>
      {delivery.replayOf && <span className="tag">replay</span>} {delivery.message}
    </span>
  );
}

function ExecutionOf({ delivery }: { delivery: Delivery }) {
  if (!delivery.executionId) return <span className="dim">–</span>;
  return (
    <Link to="/executions/$executionId" params={{ executionId: delivery.executionId }} className="link mono">
      {shortId(delivery.executionId)}
    </Link>
  );
}

function Nothing({ trigger, isFiltered }: { trigger: Trigger; isFiltered: boolean }) {
  const mayEdit = useMay("trigger:edit");
  if (isFiltered) return <Empty title="No delivery fits">Take the filter away to see more.</Empty>;
  return (
    <>
      <Empty
        icon={<IconInbox size={20} stroke={1.5} />}
        title="Nothing was delivered yet"
        action={
          mayEdit && (
            <Link
              to="/triggers/$triggerId"
              params={{ triggerId: trigger.id }}
              search={{ tab: "call" }}
              className="link"
            >
              See how to call it
            </Link>
          )
        }
      >
        Give this address to the sender. What it delivers stands here, with what became of it.
      </Empty>
      <div className={classes["address"]}>
        <CopyField text={trigger.url ?? ""} what="the address" />
      </div>
    </>
  );
}

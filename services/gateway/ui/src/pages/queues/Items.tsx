/** The items of a queue, by status and reference. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconInbox } from "@tabler/icons-react";
import { Button } from "@mantine/core";

import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { FilterBar, FilterChip, SearchField } from "~/shared/Filters";
import { formatCount, shortId } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { PageFoot } from "~/shared/PageFoot";
import { Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { ItemState } from "./ItemState";
import { itemsQuery, type Item, type Queue } from "./queries";
import { isStatus, STATUSES, WORDS } from "./words";

const COLUMNS: readonly Column<Item>[] = [
  { key: "reference", head: "Item", main: true, cell: (row) => named(row) },
  { key: "status", head: "Status", width: "130px", cell: (row) => <ItemState status={row.status} /> },
  {
    key: "failure",
    head: "Reason",
    width: "24%",
    cell: (row) => <span className="mono trunc">{row.failure?.code ?? ""}</span>,
  },
  {
    key: "attempt",
    head: "Taken",
    width: "80px",
    align: "right",
    cell: (row) => <span className="num">{row.attempt}</span>,
  },
  { key: "added", head: "Added", width: "140px", align: "right", cell: (row) => <Time at={row.createdAt} /> },
];

export function named(item: Item): string {
  return item.reference ?? shortId(item.id);
}

export function Items({ queue }: { queue: Queue }) {
  const [search, change] = useAddress();
  const statuses = (search["status"] ?? "").split(",").filter(isStatus);
  const q = search["q"] ?? "";
  const query = useQuery({
    ...itemsQuery(queue.id, statuses, q, search["cursor"] ?? ""),
    placeholderData: keepPreviousData,
    refetchInterval: Math.min(usePolling(), 15_000),
  });
  const isNarrowed = statuses.length > 0 || q !== "";
  return (
    <Panel bleed>
      <FilterBar>
        <SearchField
          value={q}
          onChange={(value) => change({ q: value, cursor: undefined })}
          placeholder="Beginning of the reference"
        />
        <FilterChip
          name="Status"
          several
          chosen={statuses}
          choices={STATUSES.map((status) => ({
            value: status,
            label: `${WORDS[status]} (${formatCount(queue.counts[status])})`,
          }))}
          onChange={(chosen) => change({ status: chosen.join(",") || undefined, cursor: undefined })}
        />
      </FilterBar>
      <Loaded query={query} what="The items" rows={6}>
        {(page) =>
          page.items.length === 0 ? (
            isNarrowed ? (
              <Empty
                title="No item fits"
                action={<Button onClick={() => change({ q: undefined, status: undefined })}>Remove the filters</Button>}
              />
            ) : (
              <Empty icon={<IconInbox size={20} stroke={1.5} />} title="No item yet">
                Workflows add items with the node “Add to queue”, other systems by the API, people here.
              </Empty>
            )
          ) : (
            <>
              <DataTable
                label="Items"
                rows={page.items}
                columns={COLUMNS}
                rowKey={(row) => row.id}
                href={(row) => `/queues/${queue.id}/items/${row.id}`}
                scope="Items"
                phone={(row) => ({
                  title: named(row),
                  detail: row.failure?.code ?? "",
                  right: <ItemState status={row.status} />,
                  below: <Time at={row.createdAt} />,
                })}
              />
              <PageFoot nextCursor={page.nextCursor} />
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

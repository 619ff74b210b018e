/** What a webhook turned away: nothing of it is kept, but why and from where helps whoever sets up the sender. */
import { useQuery } from "@tanstack/react-query";

import { usePolling } from "~/live/hooks";
import { DataTable, type Column } from "~/shared/DataTable";
import { formatCount } from "~/shared/format";
import { Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { rejectionsQuery, type Rejection, type Trigger } from "./queries";

const COLUMNS: readonly Column<Rejection>[] = [
  { key: "at", head: "Last", width: "150px", main: true, cell: (row) => <Time at={row.lastAt} /> },
  { key: "why", head: "Why", cell: (row) => <span className="mut">{row.message}</span> },
  { key: "from", head: "From", width: "150px", cell: (row) => <span className="mono dim">{row.ip}</span> },
  {
    key: "times",
    head: "Times",
    width: "90px",
    align: "right",
    cell: (row) => <span className="num">{formatCount(row.times)}</span>,
  },
];

/** Nothing at all while nothing was turned away. */
export function Rejections({ trigger }: { trigger: Trigger }) {
  const polling = usePolling();
  const { data } = useQuery({ ...rejectionsQuery(trigger.id), refetchInterval: Math.max(polling, 10_000) });
  if (!data || data.items.length === 0) return null;
  return (
    <Panel title="Turned away" aside="counted, not kept" bleed>
      <DataTable
        label="Turned away"
        rows={data.items}
        columns={COLUMNS}
        rowKey={(row) => `${row.reason} ${row.ip}`}
        scope="Turned away"
        phone={(row) => ({
          title: row.message,
          detail: row.ip,
          right: `${formatCount(row.times)} ×`,
          below: <Time at={row.lastAt} />,
        })}
      />
    </Panel>
  );
}

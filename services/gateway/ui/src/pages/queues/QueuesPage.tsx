/** Work queues: what waits in each, and what needs a person. */
import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconInbox, IconPlus } from "@tabler/icons-react";

import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { FilterBar, SearchField } from "~/shared/Filters";
import { formatCount } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { useShortcut } from "~/shared/shortcuts";

import { ItemState } from "./ItemState";
import { queuesQuery, type Queue } from "./queries";
import { QueueModal } from "./QueueForm";

function figure(key: keyof Queue["counts"], head: string): Column<Queue> {
  return {
    key,
    head,
    width: "110px",
    align: "right",
    cell: ({ counts }) =>
      counts[key] > 0 ? <span className="num">{formatCount(counts[key])}</span> : <span className="dim">0</span>,
  };
}

const COLUMNS: readonly Column<Queue>[] = [
  { key: "name", head: "Queue", main: true, cell: (row) => row.name },
  { key: "needs", head: "Needs a person", width: "200px", cell: (row) => <Needs queue={row} /> },
  figure("new", "Waiting"),
  figure("inProgress", "In progress"),
  figure("successful", "Done"),
  figure("businessFailed", "Rejected"),
];

export function QueuesPage() {
  const [search, change] = useAddress();
  const mayEdit = useMay("queue:edit");
  const q = search["q"] ?? "";
  const query = useQuery({
    ...queuesQuery(q),
    placeholderData: keepPreviousData,
    refetchInterval: Math.min(usePolling(), 15_000),
  });
  const make = () => change({ new: "queue" });
  useShortcut("n", "New queue", make, { scope: "Queues", enabled: mayEdit });
  const button = mayEdit && (
    <Button variant="filled" leftSection={<IconPlus size={16} stroke={1.5} />} onClick={make}>
      New queue
    </Button>
  );
  return (
    <Page title="Queues" bleed actions={button}>
      <FilterBar>
        <SearchField value={q} onChange={(value) => change({ q: value })} placeholder="Name" />
      </FilterBar>
      <Loaded query={query} what="The queues" rows={4}>
        {(queues) =>
          queues.length === 0 ? (
            q ? (
              <Empty
                title="No queue fits"
                action={<Button onClick={() => change({ q: undefined })}>Remove the filter</Button>}
              />
            ) : (
              <Empty icon={<IconInbox size={20} stroke={1.5} />} title="No queue yet" action={button}>
                A queue holds items of work, such as invoices. Executions take them one at a time; each is done once,
                failures are tried again, and what became of every item can be looked up here.
              </Empty>
            )
          ) : (
            <DataTable
              label="Queues"
              rows={queues}
              columns={COLUMNS}
              rowKey={(row) => row.id}
              href={(row) => `/queues/${row.id}`}
              bleed
              scope="Queues"
              phone={(row) => ({
                icon: <IconInbox size={16} stroke={1.5} />,
                title: row.name,
                detail: `${formatCount(row.counts.new)} waiting, ${formatCount(row.counts.inProgress)} in progress`,
                // Without its heading, "nothing" would say that there are no items.
                right: needs(row) > 0 && <Needs queue={row} />,
              })}
            />
          )
        }
      </Loaded>
      {mayEdit && search["new"] && <QueueModal onClose={() => change({ new: undefined })} />}
    </Page>
  );
}

/** Items that wait for a person's decision. */
function needs({ counts }: Queue): number {
  return counts.lost + counts.failed;
}

function Needs({ queue }: { queue: Queue }) {
  const { lost, failed } = queue.counts;
  if (needs(queue) === 0) return <span className="dim">nothing</span>;
  return (
    <span className="row">
      {lost > 0 && (
        <>
          <ItemState status="lost" /> <span className="num">{formatCount(lost)}</span>
        </>
      )}
      {failed > 0 && (
        <>
          <ItemState status="failed" /> <span className="num">{formatCount(failed)}</span>
        </>
      )}
    </span>
  );
}

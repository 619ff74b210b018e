/** One queue: its items, how they fare, and its rules. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconDownload, IconPlus, IconTrash } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { toast } from "~/shared/Feedback";
import { formatCount, plural, spellDuration } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { MoreMenu } from "~/shared/MoreMenu";
import { Page } from "~/shared/Page";
import { Facts, Panel } from "~/shared/Panel";
import { Age } from "~/shared/Time";

import { AddItem } from "./AddItem";
import { Items } from "./Items";
import { queueQuery, QUEUES, statisticsQuery, type Queue, type QueueStatistics } from "./queries";
import { QueueModal } from "./QueueForm";
import { OUTCOMES } from "./words";

const route = getRouteApi("/shell/queues/$queueId");

export function QueuePage() {
  const { queueId } = route.useParams();
  const mayEdit = useMay("queue:edit");
  const mayWork = useMay("queue:work");
  const [open, setOpen] = useState<"change" | "add" | null>(null);
  const query = useQuery({ ...queueQuery(queueId), refetchInterval: Math.min(usePolling(), 15_000) });
  const queue = query.data;
  return (
    <Page
      title={queue?.name ?? "Queue"}
      crumbs={[{ label: "Queues", to: "/queues" }]}
      actions={
        queue && (
          <>
            {mayEdit && <Rare queue={queue} />}
            <Button
              className="desktop-only"
              component="a"
              href={`/api/queues/${queue.id}/items/export`}
              download
              leftSection={<IconDownload size={16} stroke={1.5} />}
            >
              Export
            </Button>
            {mayEdit && (
              <Button className="desktop-only" onClick={() => setOpen("change")}>
                Change
              </Button>
            )}
            {mayWork && (
              <Button variant="filled" leftSection={<IconPlus size={16} stroke={1.5} />} onClick={() => setOpen("add")}>
                Add an item
              </Button>
            )}
          </>
        )
      }
    >
      <Loaded query={query} what="The queue">
        {(shown) => (
          <div className="stack">
            <h1>{shown.name}</h1>
            {shown.description && <p className="mut prose">{shown.description}</p>}
            <div className="columns aside">
              <Items queue={shown} />
              <div className="stack">
                <Fares queue={shown} />
                <Rules queue={shown} />
              </div>
            </div>
          </div>
        )}
      </Loaded>
      {queue && open === "change" && <QueueModal queue={queue} onClose={() => setOpen(null)} />}
      {queue && open === "add" && <AddItem queue={queue} onClose={() => setOpen(null)} />}
    </Page>
  );
}

function Fares({ queue }: { queue: Queue }) {
  const query = useQuery({ ...statisticsQuery(queue.id), refetchInterval: Math.min(usePolling(), 15_000) });
  return (
    <Panel title="Last 24 hours">
      <Loaded query={query} what="The figures" rows={4}>
        {(statistics) => <Figures statistics={statistics} />}
      </Loaded>
    </Panel>
  );
}

function Figures({ statistics }: { statistics: QueueStatistics }) {
  return (
    <Facts
      rows={[
        ["Ready now", formatCount(statistics.ready)],
        ["Oldest waits", statistics.oldestWaitingAt && <Age at={statistics.oldestWaitingAt} />],
        ["Handled", formatCount(statistics.handled)],
        ["Each took", statistics.handled > 0 ? spellDuration(statistics.meanHandlingSeconds) : ""],
        ...statistics.failures.map(
          (failure) =>
            [
              OUTCOMES[failure.outcome],
              <span key={failure.code}>
                <span className="num">{formatCount(failure.count)}</span>{" "}
                <span className="mono">{failure.code ?? ""}</span>
              </span>,
            ] as const,
        ),
      ]}
    />
  );
}

function Rules({ queue }: { queue: Queue }) {
  return (
    <Panel title="Rules">
      <Facts
        rows={[
          ["Further tries", queue.maxRetries > 0 ? formatCount(queue.maxRetries) : "none"],
          [
            "First pause",
            queue.maxRetries > 0 && queue.retryBackoffSeconds > 0 ? spellDuration(queue.retryBackoffSeconds) : "",
          ],
          ["In progress at most", spellDuration(queue.leaseSeconds)],
          ["Lost items", queue.onLost === "hold" ? "wait for a person" : "are done again"],
          ["References", queue.uniqueReferences ? "none twice" : "as they come"],
          ["Payload", queue.payloadSchema ? "by a schema" : "any"],
        ]}
      />
    </Panel>
  );
}

function Rare({ queue }: { queue: Queue }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { new: waiting, inProgress, lost } = queue.counts;
  const open = waiting + inProgress + lost;
  async function remove() {
    await unwrap(
      api.DELETE("/api/queues/{queueId}", {
        params: { path: { queueId: queue.id }, query: { force: open > 0 } },
      }),
    );
    toast(`Deleted “${queue.name}”.`);
    await navigate({ to: "/queues" });
    await client.invalidateQueries({ queryKey: QUEUES });
  }
  return (
    <MoreMenu
      of={queue.name}
      actions={[
        {
          label: "Delete…",
          icon: IconTrash,
          isDangerous: true,
          asks: {
            title: `Delete “${queue.name}”?`,
            confirm: "Delete",
            text:
              open > 0
                ? `${plural(open, "item")} that wait, are in progress or lost go with it, and the history of all others.`
                : "The history of its items goes with it.",
          },
          act: remove,
        },
      ]}
    />
  );
}

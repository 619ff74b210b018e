/** One runner: what it does now, how its machine is, what it did. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { useFresh } from "~/live/useFresh";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { Chart } from "~/shared/LazyChart";
import { ExecutionTable } from "~/shared/executions/ExecutionTable";
import { EXECUTIONS, executionsQuery } from "~/shared/executions/queries";
import { Empty, Note } from "~/shared/Feedback";
import { formatBytes } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { PageFoot } from "~/shared/PageFoot";
import { Facts, Panel } from "~/shared/Panel";
import { Age, Time } from "~/shared/Time";

import { EditRunner } from "./EditRunner";
import { metricsQuery, RUNNERS, runnerQuery, type Runner } from "./queries";
import { RunnerMenu } from "./RunnerMenu";
import classes from "./Runners.module.css";
import { RunnerState, pausedBy } from "./RunnerState";

const CHART_MINUTES = 60;
const SHOWN = 20;

const route = getRouteApi("/shell/runners/$runnerId");

export function RunnerPage() {
  const { runnerId } = route.useParams();
  const polling = usePolling();
  const query = useQuery({ ...runnerQuery(runnerId), refetchInterval: Math.min(polling, 15_000) });
  useFresh("runners", RUNNERS);
  return (
    <Page
      title={query.data?.name ?? "Runner"}
      crumbs={[{ label: "Runners", to: "/runners" }]}
      actions={
        query.data && (
          <>
            <EditRunner runner={query.data} />
            <RunnerMenu runner={query.data} />
          </>
        )
      }
    >
      <Loaded query={query} what="The runner">
        {(runner) => <Shown runner={runner} />}
      </Loaded>
    </Page>
  );
}

function Shown({ runner }: { runner: Runner }) {
  const { metrics } = runner;
  return (
    <div className="stack">
      <div className="row wrap">
        <h1>{runner.name}</h1>
        <RunnerState runner={runner} />
      </div>
      {runner.description && <p className="mut prose">{runner.description}</p>}
      {runner.cloned && (
        <Note tone="warn">
          Two machines use this runner's secret at the same time. Make a new secret, and pair only the right one.
        </Note>
      )}
      {runner.pause && (
        <Note tone="warn">{pausedBy(runner.pause)} It takes no new work until it is resumed there.</Note>
      )}
      {runner.connectedAt === null && runner.lastSeenAt === null && (
        <Note tone="info">
          It has never connected. Make a new secret in the menu above to get the pairing command again.
        </Note>
      )}
      <div className={classes["columns"]}>
        <div className="stack">
          <Load runner={runner} />
          <Work runnerId={runner.id} />
        </div>
        <Panel title="Machine">
          <Facts
            rows={[
              ["Labels", runner.labels.join(", ")],
              ["Slots", `${runner.executionIds.length} of ${runner.slots} used`],
              ["Can do", runner.capabilities.join(", ")],
              ["Host", runner.hostname],
              ["System", runner.platform],
              ["Version", runner.version],
              ["Memory", metrics ? `${formatBytes(metrics.memoryUsed)} of ${formatBytes(metrics.memoryTotal)}` : ""],
              ["Disk free", metrics ? `${formatBytes(metrics.diskFree)} of ${formatBytes(metrics.diskTotal)}` : ""],
              ["Heard", <Age key="heard" at={runner.lastSeenAt} suffix=" ago" />],
              ["Connected", <Time key="connected" at={runner.connectedAt} />],
              ["Registered", <Time key="registered" at={runner.createdAt} />],
              [
                "Machine key",
                <span key="key" className="mono">
                  {runner.machineKey}
                </span>,
              ],
            ]}
          />
        </Panel>
      </div>
    </div>
  );
}

function Load({ runner }: { runner: Runner }) {
  const query = useQuery(metricsQuery(runner.id, CHART_MINUTES));
  return (
    <Panel title="Load" aside="the last hour" bleed>
      <Loaded query={query} what="The measurements" rows={3}>
        {(items) => {
          const measured = items.filter((item) => item.at !== null);
          if (measured.length < 2)
            return <Empty title="Nothing measured yet">A runner tells its load with each heartbeat.</Empty>;
          const times = measured.map((item) => Date.parse(item.at ?? "") / 1000);
          return (
            <div className={classes["charts"]}>
              <Chart
                label="CPU"
                unit="%"
                times={times}
                series={[{ label: "CPU", values: measured.map((item) => item.cpuPercent) }]}
                top={100}
                height={120}
              />
              <Chart
                label="Memory"
                unit="%"
                times={times}
                series={[{ label: "Memory", values: measured.map((item) => item.memoryPercent) }]}
                top={100}
                height={120}
              />
            </div>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function Work({ runnerId }: { runnerId: string }) {
  const [search] = useAddress();
  const polling = usePolling();
  const cursor = search["cursor"];
  const query = useQuery({
    ...executionsQuery({ runnerId, cursor, limit: SHOWN }),
    placeholderData: keepPreviousData,
    refetchInterval: polling,
  });
  useFresh(cursor ? null : "executions", EXECUTIONS);
  return (
    <Panel title="Work" aside="newest first" bleed>
      <Loaded query={query} what="The executions">
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="It has run nothing yet">Executions that it takes appear here.</Empty>
          ) : (
            <>
              <ExecutionTable label="Work of this runner" rows={page.items} without={["runner"]} />
              <PageFoot nextCursor={page.nextCursor} />
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

/** One execution: what it came to and why, every node with its values, the log, and what can be done now. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useDeferredValue, useState } from "react";

import { usePolling } from "~/live/hooks";
import { useFresh } from "~/live/useFresh";
import { useAddress } from "~/routing/useAddress";
import { isLive } from "~/shared/executions/story";
import { shortId } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { Panel } from "~/shared/Panel";
import { useIsPhone } from "~/shared/DataTable";
import { Tabs } from "~/shared/Tabs";

import { Actions } from "./Actions";
import { Answer } from "./Answer";
import { Artifacts } from "./Artifacts";
import classes from "./ExecutionPage.module.css";
import { Heading } from "./Heading";
import { History } from "./History";
import { Log } from "./Log";
import { RunDrawer } from "./RunDrawer";
import { artifactsQuery, executionQuery, graphQuery, useNodeRuns, type Execution, type NodeRun } from "./queries";
import { Timeline } from "./Timeline";
import { Values } from "./Values";

/** Behind the stream: an execution that is watched is asked for this often in any case. */
const SAFETY_MILLISECONDS = 10_000;

const NONE: readonly NodeRun[] = [];
/** As many as a page of the API holds: there are more to come. */
const MANY_RUNS = 200;

/** Brings the canvas library along, so it comes after the answer. */
const Picture = lazy(() => import("./Picture").then((module) => ({ default: module.Picture })));

const route = getRouteApi("/shell/executions/$executionId");

export function ExecutionPage() {
  const { executionId } = route.useParams();
  const polling = usePolling();
  const query = useQuery({
    ...executionQuery(executionId),
    refetchInterval: ({ state }) =>
      state.data && !isLive(state.data) && state.data.status !== "LOST"
        ? false
        : Math.min(polling, SAFETY_MILLISECONDS),
  });
  useFresh(`execution:${executionId}`, ["execution", executionId]);
  return (
    <Page
      title={query.data ? query.data.workflow.name : shortId(executionId)}
      crumbs={[{ label: "Executions", to: "/executions" }]}
      actions={query.data && <Actions execution={query.data} />}
    >
      <Loaded query={query} what="The execution">
        {(execution) => <Shown execution={execution} />}
      </Loaded>
    </Page>
  );
}

function Shown({ execution }: { execution: Execution }) {
  const [search, change] = useAddress();
  const polling = usePolling();
  const live = isLive(execution);
  const graph = useQuery(graphQuery(execution));
  const runs = useNodeRuns(execution.id, execution.attempt, live ? polling : false);
  const artifacts = useQuery({ ...artifactsQuery(execution.id), refetchInterval: live ? polling : false });
  // Hundreds of nodes take longer to draw than all the rest: what happened is told first.
  const drawable = useOnce(runs.data !== undefined && (runs.data.length < MANY_RUNS || !runs.isFetching));
  const pictured = useDeferredValue(runs.data ?? NONE);
  const began = execution.startedAt !== null;
  const isPhone = useIsPhone();
  const tabs = [
    { value: "log", label: "Log" },
    { value: "values", label: "Inputs and output" },
    { value: "files", label: "Files", count: artifacts.data?.length || undefined },
    { value: "history", label: "History" },
  ];
  const tab = tabs.some((one) => one.value === search["tab"]) ? (search["tab"] ?? "") : "log";
  return (
    <div className={classes["page"]}>
      <Heading execution={execution} />
      <Answer execution={execution} graph={graph.data} artifacts={artifacts.data ?? []} />
      <div className={classes["columns"]}>
        {graph.data !== undefined && !isPhone && (
          <Panel title="Graph" aside={`version ${execution.version}`} bleed className={classes["graph"]}>
            <Suspense fallback={null}>{drawable && <Picture graph={graph.data} runs={pictured} />}</Suspense>
          </Panel>
        )}
        <div className={classes["right"]}>
          {(began || !live) && <Timeline execution={execution} graph={graph.data} query={runs} />}
          <section className={classes["evidence"]}>
            <Tabs
              label="Evidence"
              tabs={tabs}
              value={tab}
              onChange={(value) => change({ tab: value === "log" ? undefined : value })}
            />
            {tab === "log" && <Log execution={execution} graph={graph.data} />}
            {tab === "values" && <Values execution={execution} />}
            {tab === "files" && <Artifacts artifacts={artifacts.data ?? []} graph={graph.data} />}
            {tab === "history" && <History execution={execution} />}
          </section>
        </div>
      </div>
      <RunDrawer
        execution={execution}
        run={runs.data?.find((run) => String(run.seq) === search["run"]) ?? null}
        graph={graph.data}
        artifacts={artifacts.data ?? []}
        onClose={() => change({ run: undefined })}
      />
    </div>
  );
}

/** Whether it was ever so. */
function useOnce(now: boolean): boolean {
  const [was, setWas] = useState(now);
  if (now && !was) setWas(true);
  return was || now;
}

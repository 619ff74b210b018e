/** The fleet: who is there, what it does, what it can, and how to add one. */
import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconDeviceDesktop, IconPlus } from "@tabler/icons-react";

import { useMay, useMe } from "~/api/session";
import { useFresh } from "~/live/useFresh";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { FilterBar, FilterChip, SearchField } from "~/shared/Filters";
import { plural } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { useShortcut } from "~/shared/shortcuts";
import { Sparkline } from "~/shared/Sparkline";
import { Age } from "~/shared/Time";

import { Capabilities } from "./Capabilities";
import { Pairing } from "./Pairing";
import classes from "./Runners.module.css";
import { RunnerMenu } from "./RunnerMenu";
import { RunnerState } from "./RunnerState";
import { metricsQuery, RUNNERS, runnersQuery, type Runner } from "./queries";

const STATES = [
  { value: "ONLINE", label: "Ready" },
  { value: "BUSY", label: "Busy" },
  { value: "OFFLINE", label: "Offline" },
];
const SPARKLINE_MINUTES = 15;

const COLUMNS: readonly Column<Runner>[] = [
  { key: "name", head: "Runner", width: "22%", main: true, cell: (row) => <Name runner={row} /> },
  { key: "state", head: "State", width: "150px", cell: (row) => <RunnerState runner={row} /> },
  { key: "labels", head: "Labels", cell: (row) => <Labels labels={row.labels} /> },
  { key: "can", head: "Can do", width: "130px", cell: (row) => <Capabilities capabilities={row.capabilities} /> },
  { key: "load", head: "CPU, memory", width: "170px", cell: (row) => <Load runner={row} /> },
  { key: "version", head: "Version", width: "90px", cell: (row) => <span className="mut">{row.version ?? "–"}</span> },
  { key: "heard", head: "Heard", width: "84px", align: "right", cell: (row) => <Age at={row.lastSeenAt} /> },
  {
    key: "menu",
    head: <span className="vh">More</span>,
    width: "72px",
    align: "right",
    cell: (row) => <RunnerMenu runner={row} />,
  },
];

export function RunnersPage() {
  const [search, change] = useAddress();
  const mayManage = useMay("runner:manage");
  const polling = usePolling();
  const [q, state] = [search["q"] ?? "", search["state"] ?? ""];
  const query = useQuery({
    ...runnersQuery(q, state),
    placeholderData: keepPreviousData,
    refetchInterval: Math.min(polling, 15_000),
  });
  useFresh("runners", RUNNERS);
  const pair = () => change({ new: "runner" });
  useShortcut("n", "Pair a runner", pair, { scope: "Runners", enabled: mayManage });
  return (
    <Page
      title="Runners"
      bleed
      actions={
        mayManage && (
          <Button variant="filled" leftSection={<IconPlus size={16} stroke={1.5} />} onClick={pair}>
            Pair a runner
          </Button>
        )
      }
    >
      <FilterBar aside={query.data && <Counts runners={query.data.items} />}>
        <SearchField value={q} onChange={(value) => change({ q: value })} placeholder="Name" />
        <FilterChip
          name="State"
          chosen={state ? [state] : []}
          choices={STATES}
          onChange={([value]) => change({ state: value })}
        />
      </FilterBar>
      <Loaded query={query} what="The runners" rows={5}>
        {(page) =>
          page.items.length === 0 ? (
            <Nothing isFiltered={Boolean(q || state)} onPair={mayManage ? pair : undefined} />
          ) : (
            <DataTable
              label="Runners"
              rows={page.items}
              columns={COLUMNS}
              rowKey={(row) => row.id}
              href={(row) => `/runners/${row.id}`}
              bleed
              scope="Runners"
              phone={(row) => ({
                icon: <IconDeviceDesktop size={16} stroke={1.5} />,
                title: row.name,
                detail: row.labels.join(", ") || row.hostname,
                right: <RunnerState runner={row} />,
                below: <Age at={row.lastSeenAt} suffix=" ago" />,
              })}
            />
          )
        }
      </Loaded>
      <Pairing opened={mayManage && search["new"] === "runner"} onClose={() => change({ new: undefined })} />
    </Page>
  );
}

function Name({ runner }: { runner: Runner }) {
  const { user } = useMe();
  return (
    <>
      {runner.name} {runner.ownerId === user.id && <span className="tag acc">yours</span>}
    </>
  );
}

function Labels({ labels }: { labels: readonly string[] }) {
  if (labels.length === 0) return <span className="dim">–</span>;
  return (
    <>
      {labels.map((label) => (
        <span key={label} className="tag" style={{ marginRight: 4 }}>
          {label}
        </span>
      ))}
    </>
  );
}

function Load({ runner }: { runner: Runner }) {
  const { data } = useQuery({ ...metricsQuery(runner.id, SPARKLINE_MINUTES), enabled: runner.metrics !== null });
  if (!runner.metrics || runner.state === "OFFLINE") return <span className="dim">–</span>;
  const { cpuPercent, memoryPercent } = runner.metrics;
  return (
    <span className={classes["load"]}>
      <Sparkline
        values={(data ?? []).map((one) => one.cpuPercent)}
        top={100}
        label={`CPU over ${SPARKLINE_MINUTES} min`}
      />
      <span className="num sm">
        {Math.round(cpuPercent)} % <span className="dim">{Math.round(memoryPercent)} %</span>
      </span>
    </span>
  );
}

function Counts({ runners }: { runners: readonly Runner[] }) {
  const there = runners.filter((runner) => runner.state !== "OFFLINE");
  const slots = there.reduce((sum, runner) => sum + runner.slots, 0);
  const free = there.reduce((sum, runner) => sum + runner.freeSlots, 0);
  return (
    <span className="mut num nowrap desktop-only">
      {there.length} of {plural(runners.length, "runner")} connected, {slots - free} of {plural(slots, "slot")} used
    </span>
  );
}

function Nothing({ isFiltered, onPair }: { isFiltered: boolean; onPair: (() => void) | undefined }) {
  const [, change] = useAddress();
  if (isFiltered) {
    return (
      <Empty
        title="No runner fits"
        action={<Button onClick={() => change({ q: undefined, state: undefined })}>Remove the filters</Button>}
      />
    );
  }
  return (
    <Empty
      icon={<IconDeviceDesktop size={20} stroke={1.5} />}
      title="No runner yet"
      action={
        onPair && (
          <Button variant="filled" onClick={onPair}>
            Pair a runner
          </Button>
        )
      }
    >
      A runner is the program that does the work on a computer. It connects to the Hub by itself; nothing has to be
      opened in a firewall.
    </Empty>
  );
}

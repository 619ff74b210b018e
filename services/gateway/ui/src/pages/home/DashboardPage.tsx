/** What runs, what waits, what went wrong, what comes next. */
import { Button, SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import { useMay } from "~/api/session";
import { useFresh, useFreshLater } from "~/live/useFresh";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { EXECUTIONS } from "~/shared/executions/queries";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";

import classes from "./Dashboard.module.css";
import { FailureGroups } from "./FailureGroups";
import { HeldBanner } from "./HeldBanner";
import { LicenceBanner } from "./LicenceBanner";
import { LostOnes } from "./LostOnes";
import { NextFires } from "./NextFires";
import { Now } from "./Now";
import { DEFAULT_RANGE, dashboardQuery, RANGES, type Dashboard } from "./queries";
import { Runners } from "./Runners";
import { SetupPanel } from "./SetupPanel";
import { Stats } from "./Stats";
import { Throughput } from "./Throughput";

/** The Hub answers with the same figures for two seconds, whoever asks. */
const LOOKED_UP_MILLISECONDS = 2_200;

export function DashboardPage() {
  const [search, change] = useAddress();
  const mayEdit = useMay("workflow:edit");
  const polling = usePolling();
  const range = search["hours"] ?? DEFAULT_RANGE;
  const hours = Math.min(Math.max(Number(range) || Number(DEFAULT_RANGE), 1), 720);
  const query = useQuery({
    ...dashboardQuery(hours),
    placeholderData: keepPreviousData,
    refetchInterval: Math.min(polling, 30_000),
  });
  useFresh("executions", ["dashboard"], EXECUTIONS);
  useFresh("runners", ["dashboard"]);
  useFreshLater("executions", LOOKED_UP_MILLISECONDS, ["dashboard"]);
  return (
    <Page
      title="Dashboard"
      actions={
        <>
          <SegmentedControl
            aria-label="How far back"
            size="xs"
            data={RANGES}
            value={range}
            onChange={(value) => change({ hours: value === DEFAULT_RANGE ? undefined : value })}
          />
          {mayEdit && (
            <Button
              className="desktop-only"
              leftSection={<IconPlus size={16} stroke={1.5} />}
              renderRoot={(props) => <Link to="/workflows" search={{ new: "workflow" }} {...props} />}
            >
              New workflow
            </Button>
          )}
        </>
      }
    >
      <Loaded query={query} what="The dashboard">
        {(dashboard) => <Shown dashboard={dashboard} hours={hours} />}
      </Loaded>
    </Page>
  );
}

function Shown({ dashboard, hours }: { dashboard: Dashboard; hours: number }) {
  return (
    <div className="stack">
      <HeldBanner />
      <LicenceBanner />
      <SetupPanel />
      <Stats dashboard={dashboard} hours={hours} />
      <div className={classes["columns"]}>
        <div className="stack">
          <Now />
          <Throughput dashboard={dashboard} />
          <FailureGroups dashboard={dashboard} />
        </div>
        <div className="stack">
          <LostOnes dashboard={dashboard} />
          <Runners dashboard={dashboard} />
          <NextFires dashboard={dashboard} />
        </div>
      </div>
    </div>
  );
}

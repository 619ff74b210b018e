/** Whether work flows: what waits how long, on which runners, and what carries it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { api, unwrap } from "~/api/client";
import { usePolling } from "~/live/hooks";
import { dispatchQuery } from "~/shared/dispatch";
import { formatAge, formatCount } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { Facts, Panel } from "~/shared/Panel";

const LIVE = ["ASSIGNED", "RUNNING", "STOPPING"];
const BELLS: Record<string, string> = {
  redis: "answers",
  away: "does not answer: work is assigned without it, a little later",
  none: "none: the Hub was set up without it",
};

export function Work() {
  const query = useQuery({
    queryKey: ["dashboard", "health"],
    queryFn: () => unwrap(api.GET("/api/dashboard", { params: { query: { hours: 1 } } })),
    refetchInterval: Math.min(usePolling(), 15_000),
  });
  const dispatch = useQuery(dispatchQuery);
  return (
    <Panel title="Work">
      <Loaded query={query} what="The work" rows={4}>
        {(dashboard) => {
          const count = (statuses: readonly string[]) =>
            dashboard.executions
              .filter((one) => statuses.includes(one.status))
              .reduce((sum, one) => sum + one.count, 0);
          const queued = count(["QUEUED"]);
          const offline = dashboard.runners
            .filter((one) => one.state === "OFFLINE")
            .reduce((sum, one) => sum + one.count, 0);
          const runners = dashboard.runners.reduce((sum, one) => sum + one.count, 0);
          return (
            <Facts
              rows={[
                [
                  "Waiting",
                  <Link key="waiting" to="/executions" search={{ status: "QUEUED" }} className="link num">
                    {queued === 0
                      ? "nothing"
                      : `${formatCount(queued)}, the oldest for ${formatAge(dashboard.queueAgeSeconds * 1000)}`}
                  </Link>,
                ],
                [
                  "Live",
                  <span key="live" className="num">
                    {formatCount(count(LIVE))}
                  </span>,
                ],
                [
                  "Runners",
                  <Link key="runners" to="/runners" className="link num">
                    {runners === 0
                      ? "none yet"
                      : `${formatCount(runners - offline)} of ${formatCount(runners)} connected`}
                  </Link>,
                ],
                ["Redis", dispatch.data && (BELLS[dispatch.data.bell] ?? dispatch.data.bell)],
                ["PostgreSQL", dispatch.data?.databaseVersion],
              ]}
            />
          );
        }}
      </Loaded>
    </Panel>
  );
}

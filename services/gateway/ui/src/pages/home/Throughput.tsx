import { Chart } from "~/shared/LazyChart";
import { Empty } from "~/shared/Feedback";
import { spellDuration } from "~/shared/format";
import { Panel } from "~/shared/Panel";

import classes from "./Dashboard.module.css";
import type { Dashboard } from "./queries";

/** What ended, bucket by bucket: the quiet colour ended well. */
export function Throughput({ dashboard }: { dashboard: Dashboard }) {
  const { buckets } = dashboard;
  const total = buckets.reduce(
    (sum, bucket) => sum + bucket.completed + bucket.failed + bucket.lost + bucket.stopped,
    0,
  );
  const failed = buckets.map((bucket) => bucket.failed + bucket.lost);
  return (
    <Panel title="Throughput" aside={`each bar ${spellDuration(dashboard.bucketSeconds)}`} bleed>
      {total === 0 ? (
        <Empty title="Nothing ended in this time">Look further back with the switch above.</Empty>
      ) : (
        <div className={classes["chart"]}>
          <Chart
            label="Executions that ended"
            height={170}
            times={buckets.map((bucket) => Date.parse(bucket.beginsAt) / 1000)}
            series={[
              // Stacked: the whole bar stands behind the part that failed.
              {
                label: "ended",
                kind: "bars",
                colour: "--st-queued",
                values: buckets.map((bucket) => bucket.completed + bucket.failed + bucket.lost + bucket.stopped),
              },
              { label: "failed or lost", kind: "bars", colour: "--st-failed", values: failed },
            ]}
          />
        </div>
      )}
    </Panel>
  );
}

import { Chart } from "~/shared/LazyChart";
import { Empty } from "~/shared/Feedback";
import { spellDuration } from "~/shared/format";
import { Panel } from "~/shared/Panel";

import classes from "./Dashboard.module.css";
import { factorFor, joinBuckets } from "./buckets";
import type { Dashboard } from "./queries";

/** What ended, bucket by bucket: the quiet colour ended well. */
export function Throughput({ dashboard }: { dashboard: Dashboard }) {
  const { buckets } = dashboard;
  const total = buckets.reduce(
    (sum, bucket) => sum + bucket.completed + bucket.failed + bucket.lost + bucket.stopped,
    0,
  );
  const factor = factorFor(buckets.length);
  const bars = joinBuckets(buckets, factor);
  return (
    <Panel title="Throughput" aside={`each bar ${spellDuration(dashboard.bucketSeconds * factor)}`} bleed>
      {total === 0 ? (
        <Empty title="Nothing ended in this time">Look further back with the switch above.</Empty>
      ) : (
        <div className={classes["chart"]}>
          <Chart
            label="Executions that ended"
            height={170}
            times={bars.map((bar) => bar.at)}
            totals
            series={[
              // The whole bar stands behind the part that failed.
              { label: "ended", kind: "bars", colour: "--ink-disabled", values: bars.map((bar) => bar.ended) },
              { label: "failed or lost", kind: "bars", colour: "--st-failed", values: bars.map((bar) => bar.failed) },
            ]}
          />
        </div>
      )}
    </Panel>
  );
}

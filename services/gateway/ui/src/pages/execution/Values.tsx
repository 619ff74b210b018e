import { JsonView } from "~/shared/JsonView";
import { isLive } from "~/shared/executions/story";

import classes from "./ExecutionPage.module.css";
import type { Execution } from "./queries";

/** What it was started with and what it answered. */
export function Values({ execution }: { execution: Execution }) {
  return (
    <div className={classes["values"]}>
      <section>
        <h3>Inputs</h3>
        <JsonView value={execution.inputs} what="Inputs" />
      </section>
      <section>
        <h3>Output</h3>
        {isLive(execution) ? (
          <p className="dim">It comes when the execution has ended.</p>
        ) : (
          <JsonView value={execution.output} what="Output" />
        )}
      </section>
      {execution.failure && (
        <section>
          <h3>Failure</h3>
          <JsonView value={execution.failure} what="Failure" />
        </section>
      )}
    </div>
  );
}

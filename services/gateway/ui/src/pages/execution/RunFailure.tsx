import { JsonView } from "~/shared/JsonView";
import { Note } from "~/shared/Feedback";

import { evidenceOf } from "./evidence";
import { explain } from "./failures";
import { artifactUrl, type Artifact, type NodeRun } from "./queries";
import classes from "./RunFailure.module.css";
import { TraceLink } from "./TraceLink";

interface RunFailureProps {
  failure: NonNullable<NodeRun["failure"]>;
  artifacts: readonly Artifact[];
}

/** Why one node run failed: in words, as the screen was, and with everything the node knew. */
export function RunFailure({ failure, artifacts }: RunFailureProps) {
  const { screenshot, trace, details } = evidenceOf(failure, artifacts);
  const meaning = explain(failure.code);
  return (
    <section className="stack tight" aria-label="Failure">
      <Note tone="bad">
        <b className="strong">{failure.message}</b> <span className="mono">{failure.code}</span>
        {meaning && (
          <span className={classes["meaning"]}>
            {meaning.why} {meaning.next}
          </span>
        )}
      </Note>
      {screenshot && (
        <a className={classes["picture"]} href={artifactUrl(screenshot)} target="_blank" rel="noopener">
          <img src={artifactUrl(screenshot)} alt={`Screen when it failed: ${screenshot.name}`} />
        </a>
      )}
      {trace && (
        <p>
          <TraceLink trace={trace} />
        </p>
      )}
      {Object.keys(details).length > 0 && (
        <>
          <h3>Details</h3>
          <JsonView value={details} what="Details" />
        </>
      )}
    </section>
  );
}

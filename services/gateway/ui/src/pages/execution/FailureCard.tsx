import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { useMay } from "~/api/session";
import { Panel } from "~/shared/Panel";

import classes from "./FailureCard.module.css";
import { advise } from "./advice";
import { evidenceOf } from "./evidence";
import { explain } from "./failures";
import { artifactUrl, type Artifact, type Execution } from "./queries";
import { findNode } from "./rows";
import { TraceLink } from "./TraceLink";

interface FailureCardProps {
  execution: Execution;
  graph: unknown;
  artifacts: readonly Artifact[];
}

/** What, where, why, what next; with the screenshot and the trace when there are any. */
export function FailureCard({ execution, graph, artifacts }: FailureCardProps) {
  const { failure } = execution;
  const mayEdit = useMay("workflow:edit");
  const node = findNode(graph, failure?.nodeId ?? null);
  const { screenshot, trace } = failure ? evidenceOf(failure, artifacts) : {};
  return (
    <Panel tone="failed" bleed>
      <div className={classes["card"]} data-pictured={screenshot ? true : undefined}>
        {screenshot && (
          <a className={classes["picture"]} href={artifactUrl(screenshot)} target="_blank" rel="noopener">
            <img src={artifactUrl(screenshot)} alt={`Screen when it failed: ${screenshot.name}`} />
          </a>
        )}
        <dl className={classes["facts"]}>
          <Fact word="What">
            <b className={classes["what"]}>{failure?.message ?? "It failed without saying why."}</b>
          </Fact>
          {failure && (
            <Fact word="Where">
              {failure.nodeId ? (
                <>
                  <b>{node?.name ?? failure.nodeId}</b> <span className="mono dim">{failure.nodeId}</span>
                  {node && <span className="dim">, {node.type}</span>}
                </>
              ) : (
                placeOf(execution)
              )}
            </Fact>
          )}
          {failure && (
            <Fact word="Why">
              <span className="mono">{failure.code}</span>: {explain(failure.code)?.why ?? "the workflow's own reason."}{" "}
              <span className="dim">
                {failure.retryable ? "It may pass by itself, so a retry can help." : "The same again would fail again."}
              </span>
            </Fact>
          )}
          {trace && (
            <Fact word="Trace">
              <TraceLink trace={trace} />
            </Fact>
          )}
        </dl>
        <div className={classes["next"]}>
          <h3 className="dim">What next</h3>
          <ol>
            {advise(execution, mayEdit).map((advice, index) => (
              <li key={index}>
                <span className={classes["number"]} aria-hidden="true">
                  {index + 1}
                </span>
                <span>
                  {advice.text}{" "}
                  {advice.to && (
                    <Link to={advice.to} className="link">
                      {advice.link}
                    </Link>
                  )}
                </span>
              </li>
            ))}
          </ol>
        </div>
      </div>
    </Panel>
  );
}

/** A failure of no node: who had it in hand. */
function placeOf(execution: Execution): string {
  if (execution.startedAt && execution.runnerName) return `On ${execution.runnerName}, outside any node`;
  if (execution.runnerName) return `On ${execution.runnerName}, before the first node`;
  return "At the Hub, before a runner took it";
}

function Fact({ word, children }: { word: string; children: ReactNode }) {
  return (
    <div>
      <dt>{word}</dt>
      <dd>{children}</dd>
    </div>
  );
}

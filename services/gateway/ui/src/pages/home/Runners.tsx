import { Link } from "@tanstack/react-router";

import { plural } from "~/shared/format";
import { Panel } from "~/shared/Panel";

import classes from "./Dashboard.module.css";
import type { Dashboard } from "./queries";

const WORDS: Record<string, string> = { BUSY: "Busy", ONLINE: "Ready", OFFLINE: "Offline" };
const ORDER = ["BUSY", "ONLINE", "OFFLINE"];

/** The fleet by state. */
export function Runners({ dashboard }: { dashboard: Dashboard }) {
  const total = dashboard.runners.reduce((sum, one) => sum + one.count, 0);
  const states = ORDER.map((state) => ({
    state,
    count: dashboard.runners.find((one) => one.state === state)?.count ?? 0,
  }));
  return (
    <Panel
      title="Runners"
      aside={total > 0 ? plural(total, "runner") : ""}
      actions={
        <Link to="/runners" className="link">
          Fleet
        </Link>
      }
    >
      {total === 0 ? (
        <p className="mut">No runner is registered yet.</p>
      ) : (
        <>
          <div className={classes["split"]} aria-hidden="true">
            {states.map(
              ({ state, count }) => count > 0 && <i key={state} data-state={state} style={{ flex: count }} />,
            )}
          </div>
          <dl className={classes["states"]}>
            {states.map(({ state, count }) => (
              <div key={state}>
                <dt className="mut">{WORDS[state]}</dt>
                <dd className="num">
                  <Link to="/runners" search={{ state }}>
                    {count}
                  </Link>
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </Panel>
  );
}

/** What the installation may do, how much of it is used, and until when. */
import { useQuery } from "@tanstack/react-query";

import { Note } from "~/shared/Feedback";
import { formatCount } from "~/shared/format";
import { licenceQuery, licenceWarning, type Licence } from "~/shared/licence";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { Facts, Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";
import { useNow } from "~/shared/useNow";

import classes from "./Licence.module.css";

const EDITIONS: Record<string, string> = { community: "Community edition" };

export function LicencePage() {
  const query = useQuery(licenceQuery);
  return (
    <Page title="Licence">
      <Loaded query={query} what="The licence">
        {(licence) => <Shown licence={licence} />}
      </Loaded>
    </Page>
  );
}

function Shown({ licence }: { licence: Licence }) {
  const warning = licenceWarning(licence, useNow(60_000));
  const name =
    EDITIONS[licence.edition] ?? `${licence.edition.charAt(0).toUpperCase()}${licence.edition.slice(1)} edition`;
  return (
    <div className="stack" style={{ maxWidth: 720 }}>
      <h1>{name}</h1>
      {licence.state === "community" && (
        <p className="mut prose">
          No licence is installed and none is needed: everything works, within these limits. Nothing is sent anywhere to
          check it.
        </p>
      )}
      {warning && <Note tone="warn">{warning}</Note>}
      <Panel title="Runners">
        <Used used={licence.runnersUsed} limit={licence.runnerLimit} />
      </Panel>
      <Panel title="Facts">
        <Facts
          rows={[
            ["Customer", licence.customer],
            ["State", licence.state],
            ["Executions at a time", formatCount(licence.concurrentExecutions)],
            ["Ends", licence.expiresAt ? <Time key="ends" at={licence.expiresAt} form="day" /> : "never"],
          ]}
        />
      </Panel>
    </div>
  );
}

function Used({ used, limit }: { used: number; limit: number }) {
  const share = limit > 0 ? Math.min(1, used / limit) : 0;
  return (
    <div className="stack tight">
      <div className="row">
        <b className="strong num">
          {formatCount(used)} of {formatCount(limit)}
        </b>
        <span className="dim">
          {used >= limit ? "all used: the next one needs a larger licence" : `${formatCount(limit - used)} free`}
        </span>
      </div>
      <div
        className={classes["track"]}
        role="meter"
        aria-label="Runners used"
        aria-valuemin={0}
        aria-valuemax={limit}
        aria-valuenow={used}
      >
        <i style={{ width: `${share * 100}%` }} data-full={used >= limit || undefined} />
      </div>
    </div>
  );
}

/** What the installation may do, how much of it is used, and what happens when. */
import { useQuery } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { Note } from "~/shared/Feedback";
import { formatCount } from "~/shared/format";
import { licenceQuery, licenceWarning, type Licence } from "~/shared/licence";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { Facts, Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";
import { useNow } from "~/shared/useNow";

import { Install } from "./Install";
import classes from "./Licence.module.css";

const EDITIONS: Record<string, string> = { community: "Community edition" };
const STATES: Record<string, string> = {
  community: "none is installed",
  valid: "valid",
  grace: "ended, in its days of grace",
  frozen: "ended, nothing can be added",
  expired: "ended, community limits hold",
};
const AT_WORK = ["ASSIGNED", "RUNNING", "STOPPING"];
const AT_WORK_QUERY = {
  queryKey: ["dashboard", "licence"],
  queryFn: () => unwrap(api.GET("/api/dashboard", { params: { query: { hours: 1 } } })),
  refetchInterval: 30_000,
};

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
  const mayInstall = useMay("license:install");
  const name =
    EDITIONS[licence.edition] ?? `${licence.edition.charAt(0).toUpperCase()}${licence.edition.slice(1)} edition`;
  return (
    <div className="stack" style={{ maxWidth: 720 }}>
      <h1>{name}</h1>
      {licence.state === "community" && !licence.problem && (
        <p className="mut prose">
          No licence is installed and none is needed: everything works, within these limits. Nothing is sent anywhere to
          check it.
        </p>
      )}
      {warning && <Note tone="warn">{warning}</Note>}
      <Limits licence={licence} />
      {licence.id && <Terms licence={licence} />}
      {licence.id && licence.expiresAt && <Ahead licence={licence} />}
      {mayInstall && <Install installationId={licence.installationId} />}
    </div>
  );
}

function Limits({ licence }: { licence: Licence }) {
  const work = useQuery({ ...AT_WORK_QUERY, enabled: useMay("execution:view") }).data;
  const working = work?.executions
    .filter((one) => AT_WORK.includes(one.status))
    .reduce((sum, one) => sum + one.count, 0);
  return (
    <Panel title="Limits">
      <div className="stack">
        <Used
          what="Runners"
          used={licence.runnersUsed}
          limit={licence.runnerLimit}
          full="all used: the next one needs a larger licence"
        />
        <Used
          what="Executions at a time"
          used={working}
          limit={licence.concurrentExecutions}
          full="all used: what is ready waits until one ends"
        />
      </div>
    </Panel>
  );
}

function Terms({ licence }: { licence: Licence }) {
  return (
    <Panel title="Facts">
      <Facts
        rows={[
          ["Customer", licence.customer],
          ["State", STATES[licence.state] ?? licence.state],
          ["Includes", licence.features.join(", ")],
          ["Begins", licence.notBefore && <Time key="begins" at={licence.notBefore} form="day" />],
          ["Ends", licence.expiresAt ? <Time key="ends" at={licence.expiresAt} form="day" /> : "never"],
          ["Installed", licence.installedAt && <Time key="installed" at={licence.installedAt} />],
          ["By", licence.installedBy],
          [
            "Licence",
            <span key="id" className="mono">
              {licence.id}
            </span>,
          ],
          [
            "Signed with",
            <span key="key" className="mono">
              {licence.keyId}
            </span>,
          ],
        ]}
      />
    </Panel>
  );
}

function Ahead({ licence }: { licence: Licence }) {
  const { expiresAt, graceUntil, frozenUntil } = licence;
  return (
    <Panel title="What happens when">
      <Facts
        rows={[
          ["It ends", expiresAt && <When at={expiresAt} then="Nothing changes for two weeks." />],
          [
            "It freezes",
            graceUntil && (
              <When at={graceUntil} then="No runner or trigger can be added, no workflow edited. All work goes on." />
            ),
          ],
          [
            "It lapses",
            frozenUntil && (
              <When at={frozenUntil} then="The limits of the community edition hold. Nobody's seat is taken." />
            ),
          ],
        ]}
      />
    </Panel>
  );
}

function When({ at, then }: { at: string; then: string }) {
  return (
    <>
      <Time at={at} form="day" /> <span className="mut">{then}</span>
    </>
  );
}

interface UsedProps {
  what: string;
  /** Unknown while it loads, and for people who may not see it. */
  used: number | undefined;
  limit: number;
  full: string;
}

function Used({ what, used = 0, limit, full }: UsedProps) {
  const share = limit > 0 ? Math.min(1, used / limit) : 0;
  return (
    <div className="stack tight">
      <div className="row wrap">
        <span>{what}</span>
        <b className="strong num">
          {formatCount(used)} of {formatCount(limit)}
        </b>
        <span className="dim">{used >= limit ? full : `${formatCount(limit - used)} free`}</span>
      </div>
      <div
        className={classes["track"]}
        role="meter"
        aria-label={`${what} used`}
        aria-valuemin={0}
        aria-valuemax={limit}
        aria-valuenow={used}
      >
        <i style={{ width: `${share * 100}%` }} data-full={used >= limit || undefined} />
      </div>
    </div>
  );
}

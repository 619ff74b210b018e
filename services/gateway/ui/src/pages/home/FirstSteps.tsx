/** What a new Hub needs before it is of use, in the order in which people do it; gone once something has run. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconCircle, IconCircleCheckFilled } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { api, unwrap } from "~/api/client";
import { useMay, useMe } from "~/api/session";
import { executionsQuery } from "~/shared/executions/queries";
import { CopyField } from "~/shared/Copy";
import { plural } from "~/shared/format";
import { licenceQuery } from "~/shared/licence";
import { Panel } from "~/shared/Panel";

import classes from "./Dashboard.module.css";
import type { Dashboard } from "./queries";

export function FirstSteps({ dashboard }: { dashboard: Dashboard }) {
  const { user } = useMe();
  const [mayManage, mayEdit] = [useMay("runner:manage"), useMay("workflow:edit")];
  const maySeeLicence = useMay("license:view");
  const executions = useQuery({ ...executionsQuery({ limit: 1 }), staleTime: 10_000 });
  const workflows = useQuery({
    queryKey: ["workflows", { limit: 1 }],
    queryFn: () => unwrap(api.GET("/api/workflows", { params: { query: { limit: 1 } } })),
    staleTime: 10_000,
  });
  const licence = useQuery({ ...licenceQuery, enabled: maySeeLicence }).data;
  if (!executions.data || !workflows.data || !mayEdit) return null;
  const hasRunner = dashboard.runners.some((one) => one.state !== "OFFLINE" && one.count > 0);
  const hasWorkflow = workflows.data.items.length > 0;
  const hasRun = executions.data.items.length > 0;
  if (hasRun) return null;
  return (
    <Panel title="First steps">
      <div className={classes["steps"]}>
        <Step title="A password of your own">
          <p className="mut">The first one was made by the Hub and stands in its folder.</p>
          <Button renderRoot={(props) => <Link to="/settings" {...props} />}>Choose a password</Button>
        </Step>
        {licence && (
          <Step done title="A licence">
            <p className="mut">
              {licence.state === "community"
                ? `The community edition needs none: ${plural(licence.runnerLimit, "runner")}, ${licence.concurrentExecutions} executions at a time.`
                : `For ${licence.customer ?? "this Hub"}: ${plural(licence.runnerLimit, "runner")}.`}
            </p>
            <Link to="/licence" className="link">
              Licence
            </Link>
          </Step>
        )}
        <Step done={hasRunner} title="A runner that does the work">
          <p className="mut">{hasRunner ? "One is connected." : "Pair the computer on which workflows shall run."}</p>
          {!hasRunner && mayManage && (
            <Button renderRoot={(props) => <Link to="/runners" search={{ new: "runner" }} {...props} />}>
              Pair a runner
            </Button>
          )}
        </Step>
        <Step done={hasWorkflow} title="A workflow">
          <p className="mut">
            {hasWorkflow ? "There is one." : "Draw one in the Studio, or bring one in from a file."}
          </p>
          {!hasWorkflow && (
            <Button
              variant={hasRunner ? "filled" : "default"}
              renderRoot={(props) => <Link to="/workflows" search={{ new: "workflow" }} {...props} />}
            >
              New workflow
            </Button>
          )}
        </Step>
        <Step done={hasRun} title="The demo">
          <p className="mut">
            Real files through a real workflow, in half a minute. In the folder of the Hub; name a file with your
            password if you changed it.
          </p>
          <CopyField
            text={`.venv/bin/python -m scripts.demo --url ${window.location.origin} --ca .data/tls/ca.pem --email ${user.email} --password-file .data/admin-password`}
            what="the command"
          />
        </Step>
      </div>
    </Panel>
  );
}

function Step({ done = false, title, children }: { done?: boolean; title: string; children: ReactNode }) {
  return (
    <section className={classes["step"]}>
      <h3>
        {done ? (
          <IconCircleCheckFilled size={16} style={{ color: "var(--st-completed)" }} aria-label="done" />
        ) : (
          <IconCircle size={16} stroke={1.5} style={{ color: "var(--ink-3)" }} aria-hidden="true" />
        )}
        {title}
      </h3>
      {children}
    </section>
  );
}

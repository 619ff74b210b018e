/** One workflow: its runs, its versions, and the way to run, publish and change it. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconEdit } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";

import { useMay } from "~/api/session";
import { useAddress } from "~/routing/useAddress";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { Tabs } from "~/shared/Tabs";
import { Time } from "~/shared/Time";
import { WorkflowMenu } from "~/shared/WorkflowMenu";

import { About } from "./About";
import { PublishButton } from "./Publish";
import { RunButton } from "./RunButton";
import { Runs } from "./Runs";
import { Versions } from "./Versions";
import classes from "./WorkflowPage.module.css";
import { workflowQuery, type Workflow } from "./queries";

const route = getRouteApi("/shell/workflows/$workflowId");

export function WorkflowPage() {
  const { workflowId } = route.useParams();
  const query = useQuery(workflowQuery(workflowId));
  const mayEdit = useMay("workflow:edit");
  return (
    <Page
      title={query.data?.name ?? "Workflow"}
      crumbs={[{ label: "Workflows", to: "/workflows" }]}
      actions={
        query.data && (
          <>
            <WorkflowMenu workflow={query.data} />
            <Button
              className="desktop-only"
              leftSection={<IconEdit size={16} stroke={1.5} />}
              renderRoot={(props) => <Link to="/workflows/$workflowId/studio" params={{ workflowId }} {...props} />}
            >
              {mayEdit ? "Edit in the Studio" : "Look in the Studio"}
            </Button>
            <RunButton workflow={query.data} />
          </>
        )
      }
    >
      <Loaded query={query} what="The workflow">
        {(workflow) => <Shown workflow={workflow} />}
      </Loaded>
    </Page>
  );
}

function Shown({ workflow }: { workflow: Workflow }) {
  const [search, change] = useAddress();
  const tab = search["tab"] ?? "runs";
  return (
    <div className="stack">
      <header className={classes["heading"]}>
        <div className="row wrap">
          <h1>{workflow.name}</h1>
          {workflow.tags.map((tag) => (
            <span key={tag} className="tag">
              {tag}
            </span>
          ))}
        </div>
        {workflow.description && <p className="mut prose">{workflow.description}</p>}
        <Standing workflow={workflow} />
      </header>
      <Tabs
        label="Workflow"
        value={tab}
        onChange={(value) =>
          change({ tab: value === "runs" ? undefined : value, from: undefined, to: undefined, cursor: undefined })
        }
        tabs={[
          { value: "runs", label: "Runs" },
          { value: "versions", label: "Versions", count: workflow.draftVersion || undefined },
          { value: "about", label: "About" },
        ]}
      />
      {tab === "runs" && <Runs workflowId={workflow.id} />}
      {tab === "versions" && <Versions workflow={workflow} />}
      {tab === "about" && <About workflow={workflow} />}
    </div>
  );
}

/** What runs when it is started, and whether a newer draft waits. */
function Standing({ workflow }: { workflow: Workflow }) {
  const published = workflow.publishedVersion;
  return (
    <div className="row wrap">
      <span className="mut">
        {published === null ? (
          "Not published yet: it can be tried in the Studio, but triggers and programs cannot start it."
        ) : workflow.draftVersion > published ? (
          <>
            Version {published} runs; draft {workflow.draftVersion} is newer, changed <Time at={workflow.updatedAt} />.
          </>
        ) : (
          <>Version {published} runs, and nothing is newer.</>
        )}
      </span>
      {workflow.draftVersion > (published ?? 0) && <PublishButton workflow={workflow} />}
    </div>
  );
}

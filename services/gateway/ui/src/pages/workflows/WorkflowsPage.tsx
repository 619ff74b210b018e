/** All workflows with how their last runs ended, and the ways to get one more: make, import, duplicate. */
import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconPlus, IconRoute, IconUpload } from "@tabler/icons-react";

import { api, unwrap, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { LastRuns } from "~/shared/executions/LastRuns";
import { useFreshRuns } from "~/shared/executions/useFreshRuns";
import { Empty } from "~/shared/Feedback";
import { FilterBar, FilterChip, SearchField } from "~/shared/Filters";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { PageFoot } from "~/shared/PageFoot";
import { useShortcut } from "~/shared/shortcuts";
import { Time } from "~/shared/Time";

import { CreateWorkflow } from "./CreateWorkflow";
import { ImportWorkflow } from "./ImportWorkflow";
import { WorkflowMenu } from "~/shared/WorkflowMenu";

type Workflow = Schema<"WorkflowShape">;

const COLUMNS: readonly Column<Workflow>[] = [
  { key: "name", head: "Name", width: "28%", main: true, cell: (row) => <Name workflow={row} /> },
  { key: "description", head: "What it does", cell: (row) => <span className="mut">{row.description || "–"}</span> },
  { key: "runs", head: "Last runs, newest right", width: "200px", cell: (row) => <LastRuns workflowId={row.id} /> },
  { key: "published", head: "Published", width: "100px", align: "right", cell: (row) => <Published workflow={row} /> },
  { key: "updated", head: "Changed", width: "130px", align: "right", cell: (row) => <Time at={row.updatedAt} /> },
  {
    key: "menu",
    head: <span className="vh">More</span>,
    width: "72px",
    align: "right",
    cell: (row) => <WorkflowMenu workflow={row} />,
  },
];

export function WorkflowsPage() {
  const [search, change] = useAddress();
  const mayEdit = useMay("workflow:edit");
  const polling = usePolling();
  const filters = { q: search["q"] ?? "", tag: search["tag"] ?? "", cursor: search["cursor"] ?? "" };
  const query = useQuery({
    queryKey: ["workflows", filters],
    queryFn: ({ signal }) => unwrap(api.GET("/api/workflows", { params: { query: given(filters) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: polling,
  });
  useFreshRuns();
  useShortcut("n", "New workflow", () => change({ new: "workflow" }), { scope: "Workflows", enabled: mayEdit });
  const tags = [
    ...new Set([
      ...(query.data?.items.flatMap((workflow) => workflow.tags) ?? []),
      ...(filters.tag ? [filters.tag] : []),
    ]),
  ].sort();

  return (
    <Page
      title="Workflows"
      bleed
      actions={
        mayEdit && (
          <>
            <Button
              className="desktop-only"
              leftSection={<IconUpload size={16} stroke={1.5} />}
              onClick={() => change({ new: "import" })}
            >
              Import
            </Button>
            <Button
              variant="filled"
              leftSection={<IconPlus size={16} stroke={1.5} />}
              onClick={() => change({ new: "workflow" })}
            >
              New workflow
            </Button>
          </>
        )
      }
    >
      <FilterBar>
        <SearchField
          value={filters.q}
          onChange={(q) => change({ q, cursor: undefined })}
          placeholder="Name or description"
        />
        <FilterChip
          name="Tag"
          chosen={filters.tag ? [filters.tag] : []}
          choices={tags.map((tag) => ({ value: tag, label: tag }))}
          onChange={([tag]) => change({ tag, cursor: undefined })}
        />
      </FilterBar>
      <Loaded query={query} what="The workflows" rows={8}>
        {(page) =>
          page.items.length === 0 ? (
            <Nothing isFiltered={Boolean(filters.q || filters.tag)} mayEdit={mayEdit} />
          ) : (
            <>
              <DataTable
                label="Workflows"
                rows={page.items}
                columns={COLUMNS}
                rowKey={(row) => row.id}
                href={(row) => `/workflows/${row.id}`}
                bleed
                scope="Workflows"
                phone={(row) => ({
                  title: row.name,
                  detail: <LastRuns workflowId={row.id} />,
                  right: <Published workflow={row} />,
                  below: <Time at={row.updatedAt} />,
                })}
              />
              <PageFoot nextCursor={page.nextCursor} />
            </>
          )
        }
      </Loaded>
      <CreateWorkflow opened={mayEdit && search["new"] === "workflow"} onClose={() => change({ new: undefined })} />
      <ImportWorkflow opened={mayEdit && search["new"] === "import"} onClose={() => change({ new: undefined })} />
    </Page>
  );
}

function given(filters: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ""));
}

function Name({ workflow }: { workflow: Workflow }) {
  return (
    <>
      {workflow.name}{" "}
      {workflow.tags.map((tag) => (
        <span key={tag} className="tag" style={{ marginLeft: 4 }}>
          {tag}
        </span>
      ))}
    </>
  );
}

function Published({ workflow }: { workflow: Workflow }) {
  if (workflow.publishedVersion === null) return <span className="dim">not yet</span>;
  const ahead = workflow.draftVersion > workflow.publishedVersion;
  return (
    <span className="num" title={ahead ? `Draft ${workflow.draftVersion} is newer` : undefined}>
      {workflow.publishedVersion}
      {ahead && <span className="dim"> +{workflow.draftVersion - workflow.publishedVersion}</span>}
    </span>
  );
}

function Nothing({ isFiltered, mayEdit }: { isFiltered: boolean; mayEdit: boolean }) {
  const [, change] = useAddress();
  if (isFiltered) {
    return (
      <Empty
        title="No workflow fits"
        action={<Button onClick={() => change({ q: undefined, tag: undefined })}>Remove the filters</Button>}
      >
        Try other words, or another tag.
      </Empty>
    );
  }
  return (
    <Empty
      icon={<IconRoute size={20} stroke={1.5} />}
      title="No workflow yet"
      action={
        mayEdit && (
          <>
            <Button variant="filled" onClick={() => change({ new: "workflow" })}>
              New workflow
            </Button>
            <Button variant="subtle" onClick={() => change({ new: "import" })}>
              Import one from a file
            </Button>
          </>
        )
      }
    >
      A workflow is a graph of steps that a runner executes: read a file, ask a service, click, write, decide.
    </Empty>
  );
}

/** Every numbered version: who, when, why; comparing two, going back to one. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconArrowBackUp, IconArrowsDiff } from "@tabler/icons-react";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { useAddress } from "~/routing/useAddress";
import { Confirm } from "~/shared/Confirm";
import { DataTable, type Column } from "~/shared/DataTable";
import { nameActor } from "~/shared/executions/story";
import { toast } from "~/shared/Feedback";
import { Loaded } from "~/shared/Loaded";
import { MoreMenu } from "~/shared/MoreMenu";
import { Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { Comparison } from "./Comparison";
import { versionsQuery, type Version, type Workflow } from "./queries";

export function Versions({ workflow }: { workflow: Workflow }) {
  const [search, change] = useAddress();
  const query = useQuery(versionsQuery(workflow.id));
  const mayPublish = useMay("workflow:publish");
  const [goingBack, setGoingBack] = useState<Version | null>(null);
  const [from, to] = [Number(search["from"]), Number(search["to"])];

  const compare = (row: Version) => change({ from: String(row.version - 1), to: String(row.version) });
  const mayGoBackTo = (row: Version) => mayPublish && row.publishedAt !== null && !row.published;

  const columns: readonly Column<Version>[] = [
    { key: "version", head: "Version", width: "150px", cell: (row) => <Numbered version={row} workflow={workflow} /> },
    {
      key: "note",
      head: "What changed",
      cell: (row) => <span title={row.note}>{row.note || <span className="dim">no note</span>}</span>,
    },
    { key: "by", head: "Who", width: "18%", cell: (row) => <span className="mut">{nameActor(row.createdBy)}</span> },
    { key: "saved", head: "Saved", width: "130px", align: "right", cell: (row) => <Time at={row.savedAt} /> },
    {
      key: "published",
      head: "Published",
      width: "130px",
      align: "right",
      cell: (row) => <Time at={row.publishedAt} />,
    },
    {
      key: "do",
      head: <span className="vh">Do</span>,
      width: "190px",
      align: "right",
      cell: (row) => (
        <span className="row" style={{ justifyContent: "flex-end" }}>
          {row.version > 1 && (
            <Button size="xs" variant="subtle" onClick={() => compare(row)}>
              What changed
            </Button>
          )}
          {mayGoBackTo(row) && (
            <Button size="xs" onClick={() => setGoingBack(row)}>
              Go back…
            </Button>
          )}
        </span>
      ),
    },
  ];

  return (
    <>
      {from > 0 && to > 0 && <Comparison workflowId={workflow.id} from={from} to={to} latest={workflow.draftVersion} />}
      <Panel bleed>
        <Loaded query={query} what="The versions">
          {(page) => (
            <DataTable
              label="Versions"
              rows={page.items}
              columns={columns}
              rowKey={(row) => String(row.version)}
              phone={(row) => ({
                title: <Numbered version={row} workflow={workflow} />,
                detail: row.note || nameActor(row.createdBy),
                below: <Time at={row.savedAt} />,
                act: (
                  <MoreMenu
                    of={`version ${row.version}`}
                    actions={[
                      row.version > 1 && { label: "What changed", icon: IconArrowsDiff, act: () => compare(row) },
                      mayGoBackTo(row) && {
                        label: "Go back…",
                        icon: IconArrowBackUp,
                        act: () => setGoingBack(row),
                      },
                    ]}
                  />
                ),
              })}
            />
          )}
        </Loaded>
      </Panel>
      {goingBack && <GoBack workflow={workflow} version={goingBack} onClose={() => setGoingBack(null)} />}
    </>
  );
}

function Numbered({ version, workflow }: { version: Version; workflow: Workflow }) {
  return (
    <span className="row">
      <b className="strong num">{version.version}</b>
      {version.published && <span className="tag ok">published</span>}
      {!version.published && version.version === workflow.draftVersion && <span className="tag">draft</span>}
    </span>
  );
}

function GoBack({ workflow, version, onClose }: { workflow: Workflow; version: Version; onClose: () => void }) {
  const client = useQueryClient();
  async function goBack() {
    const body = { version: version.version, note: `Back to version ${version.version}` };
    const answer = await unwrap(
      api.POST("/api/workflows/{workflowId}/rollback", { params: { path: { workflowId: workflow.id } }, body }),
    );
    await client.invalidateQueries({ queryKey: ["workflow", workflow.id] });
    toast(`Version ${answer.workflow.publishedVersion} is published: the same graph as version ${version.version}.`);
  }
  return (
    <Confirm
      opened
      onClose={onClose}
      title={`Go back to version ${version.version}?`}
      keep={`Stay on ${workflow.publishedVersion ?? "the draft"}`}
      confirm={`Go back to ${version.version}`}
      onConfirm={goBack}
    >
      Its graph becomes version {workflow.draftVersion + 1}, published at once. Nothing is lost: every version stays in
      this list.
    </Confirm>
  );
}

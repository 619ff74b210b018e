/** The saved versions: who, when, why; compared with what is drawn, or made the published one again. */
import { Button, Menu, ActionIcon } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useContext, useState } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { Confirm } from "~/shared/Confirm";
import { toast } from "~/shared/Feedback";
import { Loaded } from "~/shared/Loaded";
import { Time } from "~/shared/Time";
import { CompareContext } from "../compare/compare";
import { versionGraphQuery, versionsQuery, type Version } from "../data/queries";
import { SessionContext } from "../saving/session";
import { useStudio } from "../state/context";
import classes from "./Panels.module.css";

export function Versions() {
  const { workflowId } = useStudio();
  const query = useQuery(versionsQuery(workflowId));
  return (
    <Loaded query={query} what="The versions" rows={3}>
      {(versions) => (
        <ul className={classes["rows"]}>
          {versions.map((version, index) => (
            <Row key={version.version} version={version} latest={index === 0} />
          ))}
        </ul>
      )}
    </Loaded>
  );
}

function Row({ version, latest }: { version: Version; latest: boolean }) {
  const { workflowId, editor } = useStudio();
  const client = useQueryClient();
  const compare = useContext(CompareContext);
  const session = useContext(SessionContext);
  const mayPublish = useMay("workflow:publish");
  const [asking, setAsking] = useState(false);
  const showChanges = async () => {
    const graph = await client.fetchQuery(versionGraphQuery(workflowId, version));
    compare?.show({
      old: graph,
      now: editor.getState().graph,
      title: `Version ${version.version} → what is drawn now`,
    });
  };
  const takeBack = async () => {
    const graph = await client.fetchQuery(versionGraphQuery(workflowId, version));
    editor.getState().edit(() => graph);
    toast(`Version ${version.version} is drawn now. Undo brings back what was here.`);
  };
  const rollBack = async () => {
    await session?.saver.flush();
    await unwrap(
      api.POST("/api/workflows/{workflowId}/rollback", {
        params: { path: { workflowId } },
        body: { version: version.version, note: `Back to version ${version.version}` },
      }),
    );
    await session?.reload();
    toast(`Version ${version.version} is published again.`);
  };
  return (
    <li className={classes["row"]}>
      <b className="num">v{version.version}</b>
      {version.published && <span className="tag ok">published</span>}
      {latest && <span className="tag">latest draft</span>}
      <span className="trunc">
        {version.note || <span className="dim">{version.saves > 1 ? "saved while drawing" : "saved draft"}</span>}
      </span>
      <span className="dim sm end nowrap">{version.createdBy?.name ?? "system"}</span>
      <Time at={version.savedAt} />
      <Button size="xs" variant="subtle" onClick={() => void showChanges()}>
        Compare
      </Button>
      <Menu>
        <Menu.Target>
          <ActionIcon size={24} aria-label={`More for version ${version.version}`}>
            <IconDots size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={latest} onClick={() => void takeBack()}>
            Draw this version
          </Menu.Item>
          <Menu.Item disabled={!mayPublish || version.published} onClick={() => setAsking(true)}>
            Publish this version again…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={`Publish version ${version.version} again?`}
        confirm="Publish it again"
        keep="Keep what is published"
        onConfirm={rollBack}
      >
        Its graph becomes a new version on top of all others and is published. Triggers start it from then on; runs that
        began stay as they are.
      </Confirm>
    </li>
  );
}

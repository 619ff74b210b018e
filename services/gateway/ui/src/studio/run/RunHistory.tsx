/** Lays an older run over the canvas. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { StatusIcon } from "~/shared/Status";
import { Time } from "~/shared/Time";
import { executionsOfQuery } from "../data/queries";
import { useRun } from "./useRun";
import classes from "./Run.module.css";

export function RunHistory({ workflowId }: { workflowId: string }) {
  const [opened, setOpened] = useState(false);
  const runs = useQuery({ ...executionsOfQuery(workflowId), enabled: opened });
  const { watch, executionId } = useRun();
  return (
    <Menu opened={opened} onChange={setOpened}>
      <Menu.Target>
        <ActionIcon aria-label="Older runs" title="Older runs">
          <IconHistory size={17} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown className={classes["picker"] ?? ""}>
        <Menu.Label>Show a run over the canvas</Menu.Label>
        {runs.data?.map((execution) => (
          <Menu.Item
            key={execution.id}
            leftSection={<StatusIcon status={execution.status} />}
            rightSection={
              <span className="dim sm">
                {execution.draft ? "draft " : "v"}
                {execution.version}
              </span>
            }
            onClick={() => watch(execution.id)}
          >
            <Time at={execution.createdAt} />
          </Menu.Item>
        ))}
        {runs.data?.length === 0 && <Menu.Item disabled>It has not run yet</Menu.Item>}
        {executionId !== null && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => watch(null)}>Take the run off the canvas</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

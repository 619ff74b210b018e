/** One node: its settings, what went in, what came out, its runs. */
import { ActionIcon, Menu, Tabs } from "@mantine/core";
import { IconDots, IconX } from "@tabler/icons-react";

import { NodeIcon } from "~/shared/NodeIcon";
import { changeFields } from "../model/fields";
import { nodeOf } from "../model/graph";
import { useRun } from "../run/useRun";
import { useEditor, useStudio } from "../state/context";
import type { SettingsTab } from "../state/store";
import { NodeMenuItems } from "./NodeMenu";
import { NodeInput, NodeOutput, NodeRuns } from "./NodeData";
import { NodeSettings } from "./NodeSettings";
import classes from "./Settings.module.css";

export function NodePanel({ nodeId }: { nodeId: string }) {
  const { editor, catalogue } = useStudio();
  const node = useEditor((state) => nodeOf(state.graph, nodeId));
  const tab = useEditor((state) => state.settingsTab);
  const readOnly = useEditor((state) => state.readOnly);
  const run = useRun();
  if (!node) return null;
  const declaration = catalogue.get(node.type);
  const count = run.view.all(nodeId).length;
  const rename = (name: string) =>
    editor
      .getState()
      .edit((graph) => changeFields(graph, nodeId, { name: name || undefined }, catalogue), `${nodeId}/name`);
  return (
    <>
      <header className={classes["head"]}>
        <span className={classes["tile"]}>
          <NodeIcon icon={declaration?.icon} type={node.type} />
        </span>
        <div className="grow">
          <input
            className={classes["name"]}
            aria-label="Name of the node"
            value={node.name ?? ""}
            placeholder={node.id}
            readOnly={readOnly}
            maxLength={200}
            onChange={(event) => rename(event.currentTarget.value)}
          />
          <div className="dim micro mono">
            {node.type} · {node.id}
          </div>
        </div>
        <Menu>
          <Menu.Target>
            <ActionIcon aria-label="More for this node">
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <NodeMenuItems />
          </Menu.Dropdown>
        </Menu>
        <ActionIcon aria-label="Close the node's settings" onClick={() => editor.getState().choose([])}>
          <IconX size={16} />
        </ActionIcon>
      </header>
      <Tabs
        value={tab}
        onChange={(next) => editor.getState().show({ settingsTab: (next ?? "settings") as SettingsTab })}
        className={classes["tabs"] ?? ""}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
          <Tabs.Tab value="input">Input</Tabs.Tab>
          <Tabs.Tab value="output">Output</Tabs.Tab>
          <Tabs.Tab value="runs" rightSection={count > 1 ? <span className="tag">{count}</span> : null}>
            Runs
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="settings">
          <NodeSettings node={node} declaration={declaration} />
        </Tabs.Panel>
        <Tabs.Panel value="input">
          <NodeInput nodeId={nodeId} />
        </Tabs.Panel>
        <Tabs.Panel value="output">
          <NodeOutput nodeId={nodeId} />
        </Tabs.Panel>
        <Tabs.Panel value="runs">
          <NodeRuns nodeId={nodeId} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

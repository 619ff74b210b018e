/** What can be done with the chosen nodes, for menus. */
import { Menu } from "@mantine/core";

import { toast } from "~/shared/Feedback";
import { useMay } from "~/api/session";
import { spellKeys } from "~/shared/shortcuts";
import { placesOf } from "../model/graph";
import { tellRun } from "../run/debugging";
import { useFork } from "../run/useFork";
import { useRun } from "../run/useRun";
import { copyText, duplicateChosen, removeChosen, toggleDisabled } from "../state/actions";
import { useEditor, useStudio } from "../state/context";

export function NodeMenuItems() {
  const studio = useStudio();
  const copy = () => {
    const text = copyText(studio);
    if (text !== null) void navigator.clipboard.writeText(text).then(() => toast("Copied as JSON."));
  };
  return (
    <>
      <Menu.Item rightSection={<Keys keys="mod+d" />} onClick={() => duplicateChosen(studio, { x: 0, y: 0 })}>
        Duplicate
      </Menu.Item>
      <Menu.Item rightSection={<Keys keys="mod+c" />} onClick={copy}>
        Copy
      </Menu.Item>
      <Menu.Item rightSection={<Keys keys="d" />} onClick={() => toggleDisabled(studio)}>
        Disable or enable
      </Menu.Item>
      <Menu.Item rightSection={<Keys keys="c" />} onClick={() => connectFrom(studio)}>
        Connect to…
      </Menu.Item>
      <RunItems />
      <Menu.Divider />
      <Menu.Item data-danger rightSection={<Keys keys="delete" />} onClick={() => removeChosen(studio)}>
        Delete
      </Menu.Item>
    </>
  );
}

/** What has to do with test runs. */
function RunItems() {
  const { editor } = useStudio();
  const run = useRun();
  const fork = useFork();
  const [id = ""] = useEditor((state) => state.chosen);
  const place = useEditor((state) => placesOf(state.graph).get(id));
  const mayRun = useMay("execution:run");
  if (!place) return null;
  const reached = run.over && run.view.shown(id) !== undefined && place.home.container === null;
  const live = run.executionId !== null && !run.over && run.execution?.mode === "interactive";
  const runHere = () => {
    if (live && run.executionId !== null) void tellRun(run.executionId, { action: "runTo", nodeId: id });
    else editor.getState().show({ runTo: id });
  };
  return (
    <>
      <Menu.Divider />
      <Menu.Item rightSection={<Keys keys="shift+enter" />} disabled={!mayRun} onClick={runHere}>
        Run to here
      </Menu.Item>
      <Menu.Item rightSection={<Keys keys="b" />} onClick={() => editor.getState().toggleBreakpoints([id])}>
        Breakpoint
      </Menu.Item>
      <Menu.Item disabled={!mayRun || !reached} onClick={() => void fork(id)}>
        Run again from here
      </Menu.Item>
    </>
  );
}

function connectFrom({ editor }: ReturnType<typeof useStudio>): void {
  const [from] = editor.getState().chosen;
  editor.getState().show({ connecting: from ?? null });
}

function Keys({ keys }: { keys: string }) {
  return <kbd>{spellKeys(keys)}</kbd>;
}

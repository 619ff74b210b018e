/** What can be done with the chosen nodes, for menus. */
import { Menu } from "@mantine/core";

import { toast } from "~/shared/Feedback";
import { spellKeys } from "~/shared/shortcuts";
import { copyText, duplicateChosen, removeChosen, toggleDisabled } from "../state/actions";
import { useStudio } from "../state/context";

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
      <Menu.Divider />
      <Menu.Item data-danger rightSection={<Keys keys="delete" />} onClick={() => removeChosen(studio)}>
        Delete
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

/** What is done rarely with one thing, behind three dots: at once, or after a question. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots, type Icon } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";

import { Confirm } from "./Confirm";

const ICON = { size: 16, stroke: 1.5 } as const;

interface Question {
  title: string;
  /** The button that does it: "Delete". */
  confirm: string;
  text: ReactNode;
}

export interface RareAction {
  /** Ends in … when it asks. */
  label: string;
  icon: Icon;
  isDangerous?: boolean;
  asks?: Question;
  act: () => unknown;
}

interface MoreMenuProps {
  /** The thing's name. */
  of: string;
  /** What the person may do; false and null are left out. */
  actions: readonly (RareAction | false | null)[];
}

export function MoreMenu({ of, actions }: MoreMenuProps) {
  const [asked, setAsked] = useState<string | null>(null);
  const offered = actions.filter((action) => action !== false && action !== null);
  if (offered.length === 0) return null;
  return (
    <>
      <Menu width={220}>
        <Menu.Target>
          <ActionIcon aria-label={`More for ${of}`}>
            <IconDots {...ICON} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {offered.map((action) => (
            <Menu.Item
              key={action.label}
              data-danger={action.isDangerous || undefined}
              leftSection={<action.icon {...ICON} />}
              onClick={() => (action.asks ? setAsked(action.label) : void action.act())}
            >
              {action.label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {offered.map(
        (action) =>
          action.asks && (
            <Confirm
              key={action.label}
              opened={asked === action.label}
              onClose={() => setAsked(null)}
              title={action.asks.title}
              confirm={action.asks.confirm}
              onConfirm={async () => await action.act()}
            >
              {action.asks.text}
            </Confirm>
          ),
      )}
    </>
  );
}

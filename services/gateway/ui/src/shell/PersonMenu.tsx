/** The person's own menu: theme, shortcuts, own settings, sign out. */
import { Menu, useMantineColorScheme } from "@mantine/core";
import { IconContrast, IconKeyboard, IconLogout, IconUser } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { signOut, useMe } from "~/api/session";
import { toastProblem } from "~/shared/Feedback";
import { openShortcuts } from "~/shared/shortcuts";

import classes from "./SideBar.module.css";

const ROLES: Record<string, string> = { ADMIN: "Administrator", DEVELOPER: "Developer", OPERATOR: "Operator" };

function initials(name: string): string {
  const words = name.split(/[\s.@_-]+/).filter(Boolean);
  return ((words[0]?.[0] ?? "?") + (words[1]?.[0] ?? "")).toUpperCase();
}

export function PersonMenu({ rail }: { rail: boolean }) {
  const { user } = useMe();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();

  async function leave() {
    try {
      await signOut(client);
      await navigate({ to: "/sign-in" });
    } catch (error) {
      toastProblem("You are still signed in.", error);
    }
  }

  return (
    <Menu position={rail ? "right-end" : "top-start"} width={200}>
      <Menu.Target>
        <button type="button" className={classes["person"]} aria-label={rail ? `${user.name}, your menu` : undefined}>
          <span className={classes["avatar"]} aria-hidden="true">
            {initials(user.name)}
          </span>
          {!rail && (
            <>
              <span className="trunc grow">{user.name}</span>
              {user.name !== ROLES[user.role] && <span className="dim sm">{ROLES[user.role]}</span>}
            </>
          )}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{user.email}</Menu.Label>
        <Menu.Item leftSection={<IconUser size={16} stroke={1.5} />} onClick={() => void navigate({ to: "/settings" })}>
          Password and sessions
        </Menu.Item>
        <Menu.Item
          leftSection={<IconKeyboard size={16} stroke={1.5} />}
          rightSection={<kbd>?</kbd>}
          onClick={openShortcuts}
        >
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Label>Theme</Menu.Label>
        {(["light", "dark", "auto"] as const).map((scheme) => (
          <Menu.Item
            key={scheme}
            role="menuitemradio"
            aria-checked={colorScheme === scheme}
            leftSection={<IconContrast size={16} stroke={1.5} />}
            rightSection={colorScheme === scheme ? "on" : undefined}
            onClick={() => setColorScheme(scheme)}
          >
            {scheme === "auto" ? "As the system" : scheme === "light" ? "Light" : "Dark"}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} stroke={1.5} />} onClick={() => void leave()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

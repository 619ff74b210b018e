/** What an administrator does with a user: role, password, lock, end. */
import { ActionIcon, Menu, Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { IconBan, IconDots, IconKey, IconLockOpen, IconPlayerPlay, IconTrash, IconUser } from "@tabler/icons-react";
import { useState } from "react";

import { api, unwrap, type Schema } from "~/api/client";
import { useMe } from "~/api/session";
import { Confirm } from "~/shared/Confirm";
import { toast, toastProblem } from "~/shared/Feedback";

import { PasswordOnce } from "./PasswordOnce";
import { ROLES, type Role } from "./roles";

type User = Schema<"UserShape">;
type Asked = "disable" | "delete" | "password" | null;

const ICON = { size: 16, stroke: 1.5 } as const;

export function UserMenu({ user }: { user: User }) {
  const me = useMe();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked>(null);
  const [password, setPassword] = useState("");
  const params = { path: { userId: user.id } };
  const isMe = user.id === me.user.id;

  async function change(body: Schema<"ChangeUser">, done: string) {
    await unwrap(api.PATCH("/api/users/{userId}", { params, body }));
    toast(done);
    await client.invalidateQueries({ queryKey: ["users"] });
  }
  const tryTo = (work: Promise<unknown>) =>
    void work.catch((error: unknown) => toastProblem("Nothing changed.", error));
  async function unlock() {
    await unwrap(api.POST("/api/users/{userId}/unlock", { params }));
    toast(`${user.name} can try again.`);
    await client.invalidateQueries({ queryKey: ["users"] });
  }
  async function reset() {
    const answer = await unwrap(api.POST("/api/users/{userId}/reset-password", { params, body: {} }));
    setPassword(answer.password ?? "");
  }
  async function remove() {
    await unwrap(api.DELETE("/api/users/{userId}", { params }));
    toast(`Deleted ${user.name}.`);
    await client.invalidateQueries({ queryKey: ["users"] });
  }

  return (
    <>
      <Menu width={220}>
        <Menu.Target>
          <ActionIcon aria-label={`More for ${user.name}`}>
            <IconDots {...ICON} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {(Object.keys(ROLES) as Role[])
            .filter((role) => role !== user.role && !isMe)
            .map((role) => (
              <Menu.Item
                key={role}
                leftSection={<IconUser {...ICON} />}
                onClick={() => tryTo(change({ role }, `${user.name} is ${ROLES[role].label} now.`))}
              >
                Make {ROLES[role].label.toLowerCase()}
              </Menu.Item>
            ))}
          {user.locked && (
            <Menu.Item leftSection={<IconLockOpen {...ICON} />} onClick={() => tryTo(unlock())}>
              Unlock
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconKey {...ICON} />} onClick={() => setAsked("password")}>
            New password…
          </Menu.Item>
          {!isMe &&
            (user.disabled ? (
              <Menu.Item
                leftSection={<IconPlayerPlay {...ICON} />}
                onClick={() => tryTo(change({ disabled: false }, `${user.name} can sign in again.`))}
              >
                Enable
              </Menu.Item>
            ) : (
              <Menu.Item leftSection={<IconBan {...ICON} />} onClick={() => setAsked("disable")}>
                Disable…
              </Menu.Item>
            ))}
          {!isMe && (
            <>
              <Menu.Divider />
              <Menu.Item data-danger leftSection={<IconTrash {...ICON} />} onClick={() => setAsked("delete")}>
                Delete…
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={asked === "password"}
        onClose={() => setAsked(null)}
        title={`New password for ${user.name}?`}
        confirm="Make a new password"
        onConfirm={reset}
      >
        The old one stops working and all their sessions end.
      </Confirm>
      <Confirm
        opened={asked === "disable"}
        onClose={() => setAsked(null)}
        title={`Disable ${user.name}?`}
        confirm="Disable"
        onConfirm={() => change({ disabled: true }, `${user.name} is signed out and cannot sign in.`)}
      >
        They are signed out at once, and their API keys stop working until they are enabled again.
      </Confirm>
      <Confirm
        opened={asked === "delete"}
        onClose={() => setAsked(null)}
        title={`Delete ${user.name}?`}
        confirm="Delete"
        onConfirm={remove}
      >
        Their sessions and API keys go too: programs that use these keys stop working. The audit keeps their name.
      </Confirm>
      <Modal
        opened={password !== ""}
        onClose={() => setPassword("")}
        title="New password"
        size={440}
        closeOnClickOutside={false}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <PasswordOnce user={user} password={password} onClose={() => setPassword("")} />
      </Modal>
    </>
  );
}

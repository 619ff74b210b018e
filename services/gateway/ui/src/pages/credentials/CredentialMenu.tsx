/** What an administrator does with a credential: another value, other limits, its end. */
import { useQueryClient } from "@tanstack/react-query";
import { IconAdjustments, IconKey, IconTrash } from "@tabler/icons-react";

import { api, unwrap } from "~/api/client";
import { toast } from "~/shared/Feedback";
import { MoreMenu } from "~/shared/MoreMenu";

import type { Doing } from "./CredentialForm";
import { CREDENTIALS, type Credential } from "./queries";

interface CredentialMenuProps {
  credential: Credential;
  /** Opens the form, which outlives the row: a phone that is turned draws another list. */
  onDo: (doing: Doing) => void;
}

export function CredentialMenu({ credential, onDo }: CredentialMenuProps) {
  const client = useQueryClient();
  const users = credential.usedBy.map((user) => user.name);

  async function remove() {
    await unwrap(
      api.DELETE("/api/credentials/{credentialId}", {
        params: { path: { credentialId: credential.id }, query: { force: users.length > 0 } },
      }),
    );
    toast(`Deleted ${credential.name}.`);
    await client.invalidateQueries({ queryKey: CREDENTIALS });
  }

  return (
    <MoreMenu
      of={credential.name}
      actions={[
        { label: "Replace the value…", icon: IconKey, act: () => onDo("value") },
        { label: "Change the limits…", icon: IconAdjustments, act: () => onDo("limits") },
        {
          label: "Delete…",
          icon: IconTrash,
          isDangerous: true,
          asks: {
            title: `Delete ${credential.name}?`,
            confirm: "Delete",
            text:
              users.length > 0 ? (
                <>
                  These workflows name it and will fail where they read it: <b>{users.join(", ")}</b>. Its value cannot
                  be brought back.
                </>
              ) : (
                "No workflow names it. Its value cannot be brought back."
              ),
          },
          act: remove,
        },
      ]}
    />
  );
}

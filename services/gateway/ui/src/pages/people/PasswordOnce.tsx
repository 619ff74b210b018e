import { Button } from "@mantine/core";

import type { Schema } from "~/api/client";
import { CopyField } from "~/shared/Copy";

interface PasswordOnceProps {
  user: Schema<"UserShape">;
  password: string;
  onClose: () => void;
}

/** A password the Hub made, for the one moment in which it can be read. */
export function PasswordOnce({ user, password, onClose }: PasswordOnceProps) {
  return (
    <div className="stack">
      <p className="mut">
        The password of {user.name} ({user.email}). It is shown this once; they can change it under “Password and
        sessions”.
      </p>
      <CopyField text={password} what="the password" />
      <div className="row">
        <Button className="end" variant="filled" onClick={onClose}>
          Done
        </Button>
      </div>
    </div>
  );
}

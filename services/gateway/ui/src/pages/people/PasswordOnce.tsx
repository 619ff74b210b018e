import type { Schema } from "~/api/client";
import { ShownOnce } from "~/shared/ShownOnce";

interface PasswordOnceProps {
  user: Schema<"UserShape">;
  password: string;
  onClose: () => void;
}

/** A password the Hub made, for the one moment in which it can be read. */
export function PasswordOnce({ user, password, onClose }: PasswordOnceProps) {
  return (
    <ShownOnce
      words={`The password of ${user.name} (${user.email}). It is shown this once; they can change it under “Password and sessions”.`}
      fields={[{ text: password, what: "the password" }]}
      onDone={onClose}
    />
  );
}

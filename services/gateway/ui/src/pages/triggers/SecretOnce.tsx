import { Modal } from "@mantine/core";

import { ShownOnce } from "~/shared/ShownOnce";

interface SecretOnceProps {
  secret: string;
  url: string | null;
  /** What else there is to know: how long an old one is still good. */
  note?: string;
  onClose: () => void;
}

/** The secret of a webhook, for the one moment in which it can be read. */
export function SecretOnce({ secret, url, note, onClose }: SecretOnceProps) {
  return (
    <Modal
      opened
      onClose={onClose}
      title="Address and secret"
      size={560}
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <ShownOnce
        words="Give both to the sender. The secret is shown this once; it can be made anew, never shown again."
        fields={[...(url ? [{ text: url, what: "the address" }] : []), { text: secret, what: "the secret" }]}
        note={note}
        onDone={onClose}
      />
    </Modal>
  );
}

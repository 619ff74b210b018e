import { Button, Modal } from "@mantine/core";

import { CopyField } from "~/shared/Copy";

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
      <div className="stack">
        <p className="mut">
          Give both to the sender. The secret is shown this once; it can be made anew, never shown again.
        </p>
        {url && <CopyField text={url} what="the address" />}
        <CopyField text={secret} what="the secret" />
        {note && <p className="mut">{note}</p>}
        <div className="row">
          <Button className="end" variant="filled" onClick={onClose} data-autofocus>
            Done
          </Button>
        </div>
      </div>
    </Modal>
  );
}

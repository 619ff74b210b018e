/** Asks before what destroys or cannot be taken back. Both answers are named; the safe one has the focus. */
import { Button, Modal } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { ErrorNote } from "./Feedback";

interface ConfirmProps {
  opened: boolean;
  onClose: () => void;
  /** "Regenerate the secret of FIN-DESK-02?" */
  title: string;
  /** The consequence. */
  children: ReactNode;
  keep?: string;
  confirm: string;
  /** Ends when the Hub has answered; what it throws is shown here. */
  onConfirm: () => Promise<unknown>;
}

export function Confirm({ opened, onClose, title, children, keep = "Keep it", confirm, onConfirm }: ConfirmProps) {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);

  function close() {
    setError(null);
    onClose();
  }

  async function act() {
    setPending(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setPending(false);
    }
  }

  return (
    <Modal opened={opened} onClose={close} title={title} withCloseButton={false} size={440}>
      <div className="stack">
        <div className="mut">{children}</div>
        {error !== null && <ErrorNote what="That did not work." error={error} />}
        <div className="row">
          <Button className="end" onClick={close} data-autofocus>
            {keep}
          </Button>
          <Button variant="danger" loading={pending} onClick={() => void act()}>
            {confirm}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

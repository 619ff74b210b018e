/** Publishes the draft with a note: from then on triggers and other people run it. */
import { Button, Modal, Textarea } from "@mantine/core";
import { useContext, useState } from "react";

import { api, unwrap } from "~/api/client";
import { ErrorNote, Note, toast } from "~/shared/Feedback";
import { useGraphProblems } from "../panels/useGraphProblems";
import { SessionContext } from "../saving/session";
import { useStudio } from "../state/context";

interface PublishDialogProps {
  publishedVersion: number | null;
  onClose: () => void;
  onPublished: () => void;
}

export function PublishDialog({ publishedVersion, onClose, onPublished }: PublishDialogProps) {
  const { workflowId } = useStudio();
  const session = useContext(SessionContext);
  const { problems } = useGraphProblems();
  const [note, setNote] = useState("");
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const publish = async () => {
    setPending(true);
    setError(null);
    try {
      if (session && !(await session.saver.flush())) throw new Error("The draft could not be saved yet.");
      const version = session?.saver.getBase().version ?? null;
      await unwrap(
        api.POST("/api/workflows/{workflowId}/publish", { params: { path: { workflowId } }, body: { version, note } }),
      );
      toast(`Version ${version ?? ""} is published.`);
      onPublished();
      onClose();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title="Publish the draft" size={480} closeButtonProps={{ "aria-label": "Close" }}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void publish();
        }}
      >
        <p className="mut">
          {publishedVersion === null ? "Nothing is published yet. " : `Version ${publishedVersion} is published now. `}
          From then on triggers and other people run this version; runs that began stay as they are.
        </p>
        {errors > 0 && (
          <Note tone="bad">
            The workflow has {errors} {errors === 1 ? "error" : "errors"}. They must be gone before it can be published.
          </Note>
        )}
        <Textarea
          label="What changed"
          placeholder="For whoever reads the history"
          data-autofocus
          autosize
          minRows={2}
          maxRows={6}
          maxLength={2_000}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {error !== null && <ErrorNote what="It was not published." error={error} />}
        <div className="row">
          <Button className="end" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" variant="filled" loading={pending} disabled={errors > 0}>
            Publish
          </Button>
        </div>
      </form>
    </Modal>
  );
}

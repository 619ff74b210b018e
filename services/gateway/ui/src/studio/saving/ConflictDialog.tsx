/** Two people changed the same workflow: who, what, and what shall become of both. Nothing is lost either way. */
import { Button, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { plural } from "~/shared/format";
import { ErrorNote, Skeleton, toast } from "~/shared/Feedback";
import { Time } from "~/shared/Time";
import { CompareView } from "../compare/CompareView";
import { asDocument, saveDraft, versionsQuery } from "../data/queries";
import { difference } from "../model/diff";
import { mergedGraphs } from "../model/merge";
import type { Graph } from "../model/graph";
import { useEditor, useStudio } from "../state/context";
import { fetchDraft, type Draft, type Session } from "./session";
import classes from "./Conflict.module.css";

export function ConflictDialog({ session, name }: { session: Session; name: string }) {
  const { workflowId } = useStudio();
  const theirs = useQuery({
    queryKey: ["studio", "conflict", workflowId, session.saver.getBase().etag],
    queryFn: async () => ({ draft: await fetchDraft(workflowId), at: Date.now() }),
    gcTime: 0,
    retry: true,
    retryDelay: 1_000,
  });
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title="Somebody else changed this workflow"
      size={560}
    >
      {theirs.data ? (
        <Choices session={session} name={name} theirs={theirs.data.draft} />
      ) : theirs.error ? (
        <ErrorNote
          what="Their version could not be loaded."
          error={theirs.error}
          onRetry={() => void theirs.refetch()}
        />
      ) : (
        <Skeleton rows={3} />
      )}
    </Modal>
  );
}

interface ChoicesProps {
  session: Session;
  name: string;
  theirs: Draft;
}

function Choices({ session, name, theirs }: ChoicesProps) {
  const { workflowId, editor } = useStudio();
  const mine = useEditor((state) => state.graph);
  const [comparing, setComparing] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const versions = useQuery({ ...versionsQuery(workflowId, 1), staleTime: 0 });
  const who = versions.data?.[0];
  const base = session.saver.getBase().graph;
  const merged = mergedGraphs(base, mine, theirs.graph);
  const theirChanges = difference(base, theirs.graph).nodes.length;

  const settle = (graph: Graph) => {
    editor.getState().edit(() => graph);
    session.saver.rebase(theirs, graph);
  };
  // Theirs may come from another tab of the same person: it must be a version of its own before mine comes on top.
  const settleOnTop = async (graph: Graph) => {
    try {
      const kept = await saveDraft(workflowId, theirs.graph, { etag: theirs.etag, automatic: false });
      editor.getState().edit(() => graph);
      session.saver.rebase({ ...kept, graph: theirs.graph }, graph);
    } catch (thrown) {
      setError(thrown);
    }
  };
  const saveCopy = async () => {
    try {
      await unwrap(
        api.POST("/api/workflows", {
          body: {
            name: `${name} (copy of my changes ${new Date().toISOString().slice(0, 16).replace("T", " ")})`,
            description: "",
            tags: [],
            graph: asDocument(mine),
          },
          headers: { "Idempotency-Key": newIdempotencyKey() },
        }),
      );
      settle(theirs.graph);
      toast("Your changes are in a workflow of their own; this one shows theirs.");
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <div className="stack">
      <p className="mut">
        <b className="strong">{who?.createdBy?.name ?? "Somebody"}</b> saved version {theirs.version}
        {who && (
          <>
            {" "}
            at <Time at={who.savedAt} />
          </>
        )}
        , with changes to {plural(theirChanges, "node")}. What you changed since then is kept in this tab and not saved
        yet.
      </p>
      {error !== null && <ErrorNote what="It could not be saved." error={error} />}
      <ul className={classes["choices"]}>
        {merged && (
          <Choice title="Keep both" detail="You changed different things: their changes and yours fit together.">
            <Button variant="filled" onClick={() => void settleOnTop(merged)} data-autofocus>
              Keep both
            </Button>
          </Choice>
        )}
        <Choice title="Keep mine" detail={`A new version on top of theirs. Theirs stays as version ${theirs.version}.`}>
          <Button onClick={() => void settleOnTop(mine)}>Keep mine</Button>
        </Choice>
        <Choice title="Take theirs" detail="Yours leaves the canvas; undo brings it back.">
          <Button onClick={() => settle(theirs.graph)}>Take theirs</Button>
        </Choice>
        <Choice title="Save mine as a copy" detail="A workflow of its own with your changes; this one shows theirs.">
          <Button onClick={() => void saveCopy()}>Save a copy</Button>
        </Choice>
      </ul>
      <div className="row">
        <Button variant="subtle" onClick={() => setComparing(true)}>
          Compare theirs with mine
        </Button>
      </div>
      {comparing && (
        <CompareView
          comparison={{ old: theirs.graph, now: mine, title: `Version ${theirs.version} (theirs) → mine` }}
          onClose={() => setComparing(false)}
        />
      )}
    </div>
  );
}

function Choice({ title, detail, children }: { title: string; detail: string; children: React.ReactNode }) {
  return (
    <li>
      <span className="grow">
        <b className="strong">{title}</b>
        <span className="dim sm">{detail}</span>
      </span>
      {children}
    </li>
  );
}

/** The bar above the canvas: where one is, whether it is saved, and what can be done with the whole. */
import { ActionIcon, Button } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp, IconNote, IconSearch, IconSitemap } from "@tabler/icons-react";
import { useReactFlow } from "@xyflow/react";
import { useContext, useState, useSyncExternalStore } from "react";
import { useStore } from "zustand";
import { useQueryClient } from "@tanstack/react-query";

import { useMay } from "~/api/session";
import { TopBar } from "~/shared/Page";
import { spellKeys } from "~/shared/shortcuts";
import { versionsQuery, type Workflow } from "../data/queries";
import { RunButton } from "../run/RunButton";
import { RunHistory } from "../run/RunHistory";
import { SaveMark } from "../saving/SaveMark";
import { SessionContext } from "../saving/session";
import { tidy, writeNote } from "../state/actions";
import { useEditor, useStudio } from "../state/context";
import { redo, undo } from "../state/store";
import { useCentre } from "../canvas/useCentre";
import { PublishDialog } from "./PublishDialog";
import classes from "./Page.module.css";

const CRUMBS = [{ label: "Workflows", to: "/workflows" }];

export function StudioBar({ workflow, phone }: { workflow: Workflow; phone: boolean }) {
  const client = useQueryClient();
  const [published, setPublished] = useState(workflow.publishedVersion);
  const [publishing, setPublishing] = useState(false);
  const mayPublish = useMay("workflow:publish");
  const session = useContext(SessionContext);
  const readOnly = useEditor((state) => state.readOnly);
  return (
    <>
      <TopBar title={workflow.name} crumbs={CRUMBS}>
        {session && <DraftMark saver={session.saver} published={published} />}
        {!phone && (
          <>
            {!readOnly && <EditTools />}
            <RunHistory workflowId={workflow.id} />
            {readOnly && <span className="tag">you may look, not change</span>}
            {mayPublish && !readOnly && <Button onClick={() => setPublishing(true)}>Publish…</Button>}
            <RunButton workflowId={workflow.id} />
          </>
        )}
        {phone && <RunHistory workflowId={workflow.id} />}
      </TopBar>
      {publishing && (
        <PublishDialog
          publishedVersion={published}
          onClose={() => setPublishing(false)}
          onPublished={() => {
            setPublished(session?.saver.getBase().version ?? published);
            void client.invalidateQueries({ queryKey: versionsQuery(workflow.id).queryKey });
          }}
        />
      )}
    </>
  );
}

function DraftMark({
  saver,
  published,
}: {
  saver: NonNullable<React.ContextType<typeof SessionContext>>["saver"];
  published: number | null;
}) {
  useSyncExternalStore(saver.subscribe, saver.getState);
  const { version } = saver.getBase();
  return (
    <span className={`row ${classes["draft"]}`}>
      <SaveMark saver={saver} />
      <span className="tag num" data-testid="draft-version">
        {version === published ? `Version ${version}` : `Draft ${version}`}
      </span>
      <span className="dim sm nowrap desktop-only">
        {published === null
          ? "nothing is published"
          : version === published
            ? "published"
            : `${published} is published`}
      </span>
    </span>
  );
}

function EditTools() {
  const studio = useStudio();
  const flow = useReactFlow();
  const centre = useCentre();
  const { editor } = studio;
  const canUndo = useStore(editor.temporal, (state) => state.pastStates.length > 0);
  const canRedo = useStore(editor.temporal, (state) => state.futureStates.length > 0);
  const arrange = () => {
    tidy(studio);
    requestAnimationFrame(() => void flow.fitView({ maxZoom: 1, padding: 0.12, duration: 200 }));
  };
  return (
    <span className="row" style={{ gap: 2 }}>
      <Tool label="Undo" keys="mod+z" disabled={!canUndo} onClick={() => undo(editor)}>
        <IconArrowBackUp size={17} stroke={1.6} />
      </Tool>
      <Tool label="Redo" keys="mod+shift+z" disabled={!canRedo} onClick={() => redo(editor)}>
        <IconArrowForwardUp size={17} stroke={1.6} />
      </Tool>
      <i className={classes["line"]} />
      <Tool label="Tidy up" keys="t" onClick={arrange}>
        <IconSitemap size={17} stroke={1.6} />
      </Tool>
      <Tool label="Sticky note" keys="n" onClick={() => writeNote(studio, centre())}>
        <IconNote size={17} stroke={1.6} />
      </Tool>
      <Tool label="Find" keys="mod+f" onClick={() => editor.getState().show({ finding: true })}>
        <IconSearch size={17} stroke={1.6} />
      </Tool>
      <i className={classes["line"]} />
    </span>
  );
}

interface ToolProps {
  label: string;
  keys: string;
  disabled?: boolean;
  onClick: () => void;
  children: React.ReactNode;
}

function Tool({ label, keys, disabled = false, onClick, children }: ToolProps) {
  return (
    <ActionIcon
      className={classes["tool"] ?? ""}
      aria-label={label}
      title={`${label}  ${spellKeys(keys)}`}
      disabled={disabled}
      onClick={onClick}
    >
      {children}
    </ActionIcon>
  );
}

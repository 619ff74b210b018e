/** One sitting at a workflow: its editor and its saver, from the draft that was loaded. */
import { createContext } from "react";

import { api, unwrap } from "~/api/client";
import { saveDraft, type Saved, type Workflow } from "../data/queries";
import { readGraph, type Graph } from "../model/graph";
import { withoutOverlaps } from "../model/tidy";
import { createEditor, type EditorStore } from "../state/store";
import { keeperOf } from "./keeper";
import { Saver } from "./saver";

export interface Session {
  editor: EditorStore;
  saver: Saver;
  /** Work of an earlier visit was found in this tab. */
  restored: boolean;
  /** Takes what the Hub has now as the new beginning, without asking: only when nothing is unsaved. */
  reload: () => Promise<void>;
}

export const SessionContext = createContext<Session | null>(null);

export type Draft = Saved & { graph: Graph };

/** The draft as it is drawn. Levels whose nodes lie over each other are laid out; only a change of a person saves that. */
export function draftOf(workflow: Workflow): Draft {
  const graph = withoutOverlaps(readGraph(workflow.graph));
  return { version: workflow.draftVersion, saves: workflow.draftSaves, etag: workflow.etag, graph };
}

export async function fetchDraft(workflowId: string): Promise<Draft> {
  const path = { workflowId };
  return draftOf((await unwrap(api.GET("/api/workflows/{workflowId}", { params: { path } }))).workflow);
}

export function openSession(workflow: Workflow, mayEdit: boolean): Session {
  const draft = draftOf(workflow);
  const keeper = keeperOf(workflow.id);
  const kept = mayEdit ? keeper.find() : null;
  const editor = createEditor(kept?.graph ?? draft.graph);
  editor.getState().show({ readOnly: !mayEdit });
  // Work that was based on an older draft is saved against that one: the Hub then tells of the conflict.
  const base = kept ? { ...kept, graph: draft.graph } : draft;
  const saver = new Saver({ base, keeper, save: (graph, how) => saveDraft(workflow.id, graph, how) });
  if (kept) saver.changed(kept.graph);
  const reload = async () => {
    const latest = await fetchDraft(workflow.id);
    if (saver.unsaved !== null) return;
    editor.getState().load(latest.graph);
    saver.rebase(latest, latest.graph);
  };
  return { editor, saver, restored: kept !== null, reload };
}

/**
 * The editor's state: the graph being drawn, what is chosen in it, which panels are open. Undo covers the graph alone.
 *
 * What the Hub says (node types, problems, runs) is not here: that is server state and lives in queries.
 */
import { temporal, type TemporalState } from "zundo";
import { createStore, type StoreApi } from "zustand";

import type { Graph } from "../model/graph";
import { emptyGraph, placesOf } from "../model/graph";
import type { Home, Point } from "../model/graph";

export type SettingsTab = "settings" | "input" | "output" | "runs";
export type BottomTab = "problems" | "log" | "variables" | "versions";

/** Where the next node goes when it is picked from a list. */
export interface Adding {
  home: Home;
  /** Absolute; null lets the editor find a place. */
  at: Point | null;
  after: { from: string; port: string } | null;
  edge: string | null;
}

export interface EditorState {
  graph: Graph;
  chosen: ReadonlySet<string>;
  chosenEdges: ReadonlySet<string>;
  settingsTab: SettingsTab;
  bottomTab: BottomTab | null;
  adding: Adding | null;
  finding: boolean;
  connecting: string | null;
  /** The node before which the next test run shall pause; set by whoever wants one to begin. */
  runTo: string | null;
  readOnly: boolean;
  /** Nodes before which a test run pauses; each person has their own. */
  breakpoints: ReadonlySet<string>;
  /** The pointer of the field to bring into view ("/config/url"), with a count so that the same one works twice. */
  wantedField: { pointer: string; count: number } | null;

  /** One undoable step. Steps with the same `merge` key that follow each other quickly are one. */
  edit: (change: (graph: Graph) => Graph, merge?: string) => void;
  /** Starts over with another document: nothing to undo. */
  load: (graph: Graph) => void;
  choose: (ids: Iterable<string>, edges?: Iterable<string>) => void;
  show: (
    panels: Partial<
      Pick<
        EditorState,
        "settingsTab" | "bottomTab" | "adding" | "finding" | "connecting" | "readOnly" | "breakpoints" | "runTo"
      >
    >,
  ) => void;
  wantField: (pointer: string) => void;
  toggleBreakpoints: (ids: Iterable<string>) => void;
}

type Remembered = Pick<EditorState, "graph">;
export type EditorStore = StoreApi<EditorState> & { temporal: StoreApi<TemporalState<Remembered>> };

const STEPS = 300;
export const MERGE_MILLISECONDS = 1_000;

export function createEditor(graph: Graph = emptyGraph(), now: () => number = Date.now): EditorStore {
  let lastMerge = { key: "", at: 0 };
  const store: EditorStore = createStore<EditorState>()(
    temporal(
      (set, get) => ({
        graph,
        chosen: new Set<string>(),
        chosenEdges: new Set<string>(),
        settingsTab: "settings" as SettingsTab,
        bottomTab: "problems" as BottomTab | null,
        adding: null,
        finding: false,
        connecting: null,
        runTo: null,
        readOnly: false,
        breakpoints: new Set<string>(),
        wantedField: null,
        edit: (change, merge = "") => {
          const before = get().graph;
          const after = get().readOnly ? before : change(before);
          if (after === before) return;
          const steps = store.temporal.getState();
          const sameStep = merge !== "" && lastMerge.key === merge && now() - lastMerge.at < MERGE_MILLISECONDS;
          lastMerge = { key: merge, at: now() };
          if (sameStep && steps.pastStates.length > 0) {
            steps.pause();
            set({ graph: after });
            steps.resume();
          } else {
            set({ graph: after });
          }
        },
        load: (document) => {
          lastMerge = { key: "", at: 0 };
          set({ graph: document, chosenEdges: new Set(), adding: null, connecting: null });
          // Somebody else's save must not close the settings that a person is about to type into.
          keepChoice(store);
          store.temporal.getState().clear();
        },
        choose: (ids, edges = []) => {
          const [chosen, chosenEdges] = [new Set(ids), new Set(edges)];
          if (!equal(chosen, get().chosen) || !equal(chosenEdges, get().chosenEdges)) set({ chosen, chosenEdges });
        },
        show: (panels) => set(panels),
        toggleBreakpoints: (ids) => {
          const breakpoints = new Set(get().breakpoints);
          for (const id of ids) if (!breakpoints.delete(id)) breakpoints.add(id);
          set({ breakpoints });
        },
        wantField: (pointer) => set({ wantedField: { pointer, count: (get().wantedField?.count ?? 0) + 1 } }),
      }),
      {
        limit: STEPS,
        partialize: ({ graph: document }) => ({ graph: document }),
        equality: (a, b) => a.graph === b.graph,
      },
    ),
  );
  return store;
}

/** The state before the last step, with the choice kept where it still exists. */
export function undo(store: EditorStore): void {
  store.temporal.getState().undo();
  keepChoice(store);
}

export function redo(store: EditorStore): void {
  store.temporal.getState().redo();
  keepChoice(store);
}

function keepChoice(store: EditorStore): void {
  const { graph, chosen } = store.getState();
  const there = placesOf(graph);
  store.getState().choose([...chosen].filter((id) => there.has(id) || graph.notes?.some((note) => note.id === id)));
}

function equal(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((id) => b.has(id));
}

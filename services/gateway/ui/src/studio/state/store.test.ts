import { describe, expect, it } from "vitest";

import { declared } from "../testing/catalogue";
import { addNode } from "../model/edits";
import { changeConfig } from "../model/fields";
import { nodeOf, TOP } from "../model/graph";
import { CATALOGUE } from "../testing/catalogue";
import { createEditor, MERGE_MILLISECONDS, redo, undo } from "./store";

function typed(editor: ReturnType<typeof createEditor>, text: string): void {
  editor
    .getState()
    .edit((graph) => changeConfig(graph, "message", { message: text }, CATALOGUE), "message/config/message");
}

function withMessage(now: () => number) {
  const editor = createEditor(undefined, now);
  editor.getState().edit((graph) => addNode(graph, declared("log.message"), TOP, { x: 0, y: 80 }).graph);
  return editor;
}

describe("the editor's state", () => {
  it("undoes and redoes every step", () => {
    const editor = withMessage(() => 0);
    undo(editor);
    expect(editor.getState().graph.nodes).toHaveLength(1);
    redo(editor);
    expect(editor.getState().graph.nodes).toHaveLength(2);
  });

  it("takes quick typing in one field as one step, and a pause as the next", () => {
    let time = 0;
    const editor = withMessage(() => time);
    for (const text of ["h", "he", "hel"]) {
      time += 100;
      typed(editor, text);
    }
    time += MERGE_MILLISECONDS + 1;
    typed(editor, "help");
    undo(editor);
    expect(nodeOf(editor.getState().graph, "message")?.config).toEqual({ message: "hel" });
    undo(editor);
    expect(nodeOf(editor.getState().graph, "message")?.config).toEqual({});
  });

  it("has no step where nothing changed, and none after another document was loaded", () => {
    const editor = withMessage(() => 0);
    editor.getState().edit((graph) => graph);
    expect(editor.temporal.getState().pastStates).toHaveLength(1);
    editor.getState().load(editor.getState().graph);
    expect(editor.temporal.getState().pastStates).toHaveLength(0);
  });

  it("lets go of what an undo took away", () => {
    const editor = withMessage(() => 0);
    editor.getState().choose(["message", "start"]);
    undo(editor);
    expect([...editor.getState().chosen]).toEqual(["start"]);
  });

  it("keeps what is chosen when somebody else's save is loaded, as far as it is still there", () => {
    const editor = withMessage(() => 0);
    const before = editor.getState().graph;
    editor.getState().choose(["message", "start"]);
    editor.getState().load({ ...before });
    expect([...editor.getState().chosen]).toEqual(["message", "start"]);
    editor.getState().load({ ...before, nodes: before.nodes.filter((node) => node.id !== "message"), edges: [] });
    expect([...editor.getState().chosen]).toEqual(["start"]);
  });

  it("changes nothing while it is read only", () => {
    const editor = withMessage(() => 0);
    editor.getState().show({ readOnly: true });
    typed(editor, "no");
    expect(nodeOf(editor.getState().graph, "message")?.config).toEqual({});
  });
});

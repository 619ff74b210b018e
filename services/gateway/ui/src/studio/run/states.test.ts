import { describe, expect, it } from "vitest";

import { addNode, connect } from "../model/edits";
import { changeFields } from "../model/fields";
import type { Graph } from "../model/graph";
import { emptyGraph, TOP } from "../model/graph";
import { CATALOGUE, declared } from "../testing/catalogue";
import { culprit, didWhat, RunView, type Seen } from "./states";

function scene(): Graph {
  let graph = addNode(emptyGraph(), declared("control.if"), TOP, { x: 0, y: 80 }, { from: "start", port: "out" }).graph;
  graph = addNode(graph, declared("log.message"), TOP, { x: 0, y: 160 }, { from: "if", port: "true" }).graph;
  graph = addNode(graph, declared("control.forEach"), TOP, { x: 300, y: 160 }, { from: "if", port: "false" }).graph;
  graph = addNode(graph, declared("http.request"), { container: "forEach", lane: "body" }, { x: 0, y: 0 }).graph;
  return graph;
}

let seq = 0;
function run(nodeId: string, status: Seen["status"], more: Partial<Seen> = {}): Seen {
  seq += 1;
  return { seq, nodeId, path: [], status, startedAt: null, durationSeconds: 0.1, tryNumber: 1, ...more };
}
const turn = (index: number) => ({ path: [{ loop: "forEach", index }] });

const RUNS = [
  run("start", "completed"),
  run("if", "completed", { output: { result: false } }),
  run("message", "skipped"),
  run("forEach", "running"),
  run("request", "completed", { ...turn(0), output: { status: 200 } }),
  run("request", "failed", { ...turn(1) }),
  run("request", "running", { ...turn(1), tryNumber: 2 }),
];

describe("a run on the canvas", () => {
  it("shows the latest turn and the latest try", () => {
    const view = new RunView(scene(), RUNS, new Map());
    expect(view.facts().get("request")?.status).toBe("running");
    expect(view.facts().get("forEach")).toMatchObject({ turns: ["completed", "running"], turn: 1 });
  });

  it("shows the turn somebody chose", () => {
    const view = new RunView(scene(), RUNS, new Map([["forEach", 0]]));
    expect(view.facts().get("request")).toMatchObject({ status: "completed", did: "answered 200" });
  });

  it("lights the ways that were taken and leaves the others dead", () => {
    const facts = new RunView(scene(), RUNS, new Map()).edgeFacts();
    expect(facts.get("if:false:forEach")).toBe("now");
    expect(facts.get("if:true:message")).toBe("dead");
    expect(facts.get("start:out:if")).toBe("taken");
  });

  it("takes the error port after a failure that has one", () => {
    const handled = connect(changeFields(scene(), "message", { onError: "errorPort" }, CATALOGUE), {
      from: "message",
      port: "error",
      to: "forEach",
    });
    const facts = new RunView(handled, [run("message", "failed"), run("forEach", "completed")], new Map()).edgeFacts();
    expect(facts.get("message:error:forEach")).toBe("taken");
  });

  it("finds the failed node that stands deepest", () => {
    expect(culprit(scene(), [run("forEach", "failed"), run("request", "failed", turn(0))])).toBe("request");
    expect(culprit(scene(), [])).toBeNull();
  });
});

describe("what a node did", () => {
  it.each([
    [{ rows: [1, 2] }, "2 rows"],
    [{ entries: [1] }, "1 entry"],
    [{ count: 1 }, "1 item"],
    [{ status: 404 }, "answered 404"],
    [{ path: "out/summary.xlsx" }, "summary.xlsx"],
    [[1, 2, 3], "3 entries"],
    ["text", undefined],
  ])("of %j is %s", (output, words) => expect(didWhat(run("x", "completed", { output }))).toBe(words));
});

import { expect, it } from "vitest";

import { findNode, layOut, parseTurns, spellTurns, type Run } from "./rows";

const graph = {
  nodes: [
    { id: "start", type: "control.start", name: "Start" },
    {
      id: "each",
      type: "control.forEach",
      name: "For each",
      body: { nodes: [{ id: "post", type: "http.request", name: "Post" }] },
    },
    { id: "end", type: "log.message", name: "End" },
  ],
};

function run(seq: number, nodeId: string, status: Run["status"], path: Run["path"] = [], tryNumber = 1): Run {
  return {
    seq,
    nodeId,
    nodeType: "x",
    path,
    tryNumber,
    status,
    startedAt: null,
    completedAt: null,
    durationSeconds: 0,
  };
}

const turn = (index: number) => [{ loop: "each", index }];

it("a loop shows one turn, the failed one when nobody chose", () => {
  const runs = [
    run(1, "start", "completed"),
    run(2, "each", "failed"),
    run(3, "post", "completed", turn(0)),
    run(4, "post", "failed", turn(1)),
    run(5, "post", "completed", turn(2)),
  ];
  const rows = layOut(graph, runs, {});
  expect(rows.map((row) => [row.name, row.depth, row.run?.seq ?? null])).toEqual([
    ["Start", 0, 1],
    ["For each", 0, 2],
    ["Post", 1, 4],
    ["End", 0, null],
  ]);
  expect(rows[1]?.turns?.indices).toEqual([0, 1, 2]);
  expect(rows[1]?.turns?.chosen).toBe(1);
  expect(layOut(graph, runs, { each: 2 })[2]?.run?.seq).toBe(5);
  expect(layOut(graph, runs, { each: 99 })[2]?.run?.seq).toBe(4);
});

it("earlier tries stay with the last one", () => {
  const rows = layOut(
    graph,
    [run(1, "start", "completed"), run(2, "end", "retried"), run(3, "end", "completed", [], 2)],
    {},
  );
  const end = rows.find((row) => row.nodeId === "end");
  expect(end?.run?.seq).toBe(3);
  expect(end?.tries.map((one) => one.seq)).toEqual([2]);
});

it("without a graph the nodes that ran are shown by their ids", () => {
  expect(layOut(null, [run(1, "a", "completed"), run(2, "b", "failed")], {}).map((row) => row.name)).toEqual([
    "a",
    "b",
  ]);
});

it("nodes are found inside containers, and turns survive the address", () => {
  expect(findNode(graph, "post")?.name).toBe("Post");
  expect(findNode(graph, "nobody")).toBeNull();
  expect(parseTurns(spellTurns({ each: 4, "a:b": 0 }))).toEqual({ each: 4, "a:b": 0 });
  expect(parseTurns("rubbish")).toEqual({});
});

import { describe, expect, it } from "vitest";

import { emptyGraph, type Graph } from "./graph";
import { problemsAt, readProblems, severities } from "./problems";

const graph: Graph = {
  ...emptyGraph(),
  nodes: [
    { id: "start", type: "control.start" },
    { id: "a", type: "log.message" },
  ],
};

describe("what validation says", () => {
  const problems = readProblems(graph, [
    { nodeId: "a", pointer: "/nodes/1/config/level", message: "No such level.", severity: "warning" },
    { nodeId: "a", pointer: "/nodes/1/config", message: "'message' is missing.", severity: "error" },
    { nodeId: null, pointer: "/nodes", message: "No start.", severity: "error" },
  ]);

  it("stands at the field inside its node, what is missing at the empty field", () => {
    expect(problems.map((problem) => problem.field)).toEqual(["/config/message", "/nodes", "/config/level"]);
  });

  it("marks each node with its worst", () => {
    expect([...severities(problems)]).toEqual([["a", "error"]]);
  });

  it("belongs to a field and to those inside it", () => {
    expect(problemsAt(problems, "/config")).toHaveLength(2);
    expect(problemsAt(problems, "/conf")).toEqual([]);
  });
});

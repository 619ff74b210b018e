import { describe, expect, it } from "vitest";

import { declared } from "../testing/catalogue";
import { addNode, connect } from "./edits";
import { find } from "./find";
import type { Graph } from "./graph";
import { emptyGraph, levelAt, nodeOf, TOP, walk } from "./graph";
import { boxesOf, overlaps } from "./geometry";
import { addNote } from "./notes";
import { tidied, withoutOverlaps } from "./tidy";

function heap(): Graph {
  let graph = addNode(
    emptyGraph(),
    declared("control.forEach"),
    TOP,
    { x: 0, y: 0 },
    { from: "start", port: "out" },
  ).graph;
  for (let count = 0; count < 3; count += 1) {
    graph = addNode(graph, declared("log.message"), { container: "forEach", lane: "body" }, { x: 0, y: 0 }).graph;
  }
  graph = connect(graph, { from: "message", port: "out", to: "message2" });
  return addNode(graph, declared("http.request"), TOP, { x: 0, y: 0 }, { from: "forEach", port: "out" }).graph;
}

describe("tidying up", () => {
  it("leaves no two nodes of a level over each other, and follows the edges downwards", () => {
    const graph = tidied(heap());
    for (const level of [graph, levelAt(graph, { container: "forEach", lane: "body" })]) {
      const boxes = level.nodes.map((node) => boxesOf(graph).get(node.id));
      boxes.forEach((a, i) =>
        boxes.slice(i + 1).forEach((b) => {
          expect(a && b && overlaps(a, b)).toBe(false);
        }),
      );
    }
    expect(nodeOf(graph, "request")?.position?.y).toBeGreaterThan(nodeOf(graph, "forEach")?.position?.y ?? 0);
    expect(nodeOf(graph, "message2")?.position?.y).toBeGreaterThan(nodeOf(graph, "message")?.position?.y ?? 0);
  });

  it("changes nothing the second time", () => {
    const once = tidied(heap());
    expect([...walk(tidied(once))]).toEqual([...walk(once)]);
  });

  it("on opening only touches graphs whose nodes overlap", () => {
    const tidy = tidied(heap());
    expect(withoutOverlaps(tidy)).toBe(tidy);
    expect(withoutOverlaps(heap())).not.toEqual(heap());
  });

  it("is quick with many nodes", () => {
    let graph = emptyGraph();
    const nodes = Array.from({ length: 500 }, (_, index) => ({ id: `n${index}`, type: "log.message" }));
    const edges = nodes.slice(1).map((node, index) => ({ id: `e${index}`, from: `n${index >> 1}`, to: node.id }));
    graph = { ...graph, nodes: [...graph.nodes, ...nodes], edges };
    const began = performance.now();
    tidied(graph);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe("finding", () => {
  it("puts names first, then types, settings and notes", () => {
    const base = addNote(heap(), { x: 0, y: 0 });
    const graph: Graph = {
      ...base.graph,
      notes: [{ id: base.id, text: "ask the requester" }],
      nodes: base.graph.nodes.map((node) =>
        node.id === "forEach" ? { ...node, config: { items: "{{ inputs.requests }}" } } : node,
      ),
    };
    expect(find(graph, "Request").map((found) => found.id)).toEqual(["request", "forEach", base.id]);
    expect(find(graph, "  ")).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";

import { CATALOGUE, declared } from "../testing/catalogue";
import { refusal } from "./connections";
import { addNode, connect, freePlace, insertOnEdge, remove } from "./edits";
import { changeConfig, changeFields, setLane } from "./fields";
import type { Graph } from "./graph";
import { emptyGraph, levelAt, nodeOf, TOP } from "./graph";

function withLoop(): Graph {
  let graph = emptyGraph();
  graph = addNode(graph, declared("control.forEach"), TOP, { x: 0, y: 80 }, { from: "start", port: "out" }).graph;
  graph = addNode(graph, declared("log.message"), { container: "forEach", lane: "body" }, { x: 0, y: 0 }).graph;
  return addNode(graph, declared("http.request"), TOP, { x: 0, y: 300 }, { from: "forEach", port: "out" }).graph;
}

describe("adding a node", () => {
  it("connects it to the node it follows and gives it a readable id", () => {
    const graph = withLoop();
    expect(graph.nodes.map((node) => node.id)).toEqual(["start", "forEach", "request"]);
    expect(graph.edges.map((edge) => `${edge.from}>${edge.to}`)).toEqual(["start>forEach", "forEach>request"]);
  });

  it("numbers ids that are taken anywhere in the file", () => {
    const { id } = addNode(withLoop(), declared("log.message"), TOP, { x: 0, y: 0 });
    expect(id).toBe("message2");
  });

  it("gives containers their lanes and leaves finally for later", () => {
    const { graph, id } = addNode(emptyGraph(), declared("control.try"), TOP, { x: 0, y: 0 });
    const node = nodeOf(graph, id);
    expect([node?.body, node?.catch, node?.finally]).toEqual([
      { nodes: [], edges: [] },
      { nodes: [], edges: [] },
      undefined,
    ]);
    expect(nodeOf(setLane(graph, id, "finally", true), id)?.finally).toEqual({ nodes: [], edges: [] });
    expect(nodeOf(setLane(graph, id, "catch", false), id)?.catch).toBeUndefined();
  });

  it("pushes down what stands below a container that grew", () => {
    const before = withLoop();
    const after = addNode(
      before,
      declared("log.message"),
      { container: "forEach", lane: "body" },
      { x: 0, y: 200 },
    ).graph;
    expect(nodeOf(after, "request")?.position?.y).toBeGreaterThan(nodeOf(before, "request")?.position?.y ?? 0);
  });

  it("finds a free place near the wish", () => {
    const size = { width: 224, height: 44 };
    expect(freePlace(withLoop(), TOP, { x: 0, y: 300 }, size)).toEqual({ x: 0, y: 392 });
    expect(freePlace(withLoop(), TOP, { x: 0, y: 300 }, size, true)).toEqual({ x: 264, y: 304 });
    expect(freePlace(withLoop(), TOP, { x: 900, y: 0 }, size)).toEqual({ x: 904, y: 0 });
  });
});

describe("inserting on an edge", () => {
  it("takes the place between both ends and moves what follows down", () => {
    const before = withLoop();
    const added = insertOnEdge(before, TOP, "forEach:out:request", declared("log.message"), 88);
    expect(added?.graph.edges.map((edge) => `${edge.from}>${edge.to}`)).toEqual([
      "start>forEach",
      "forEach>message2",
      "message2>request",
    ]);
    expect(nodeOf(added?.graph ?? before, "request")?.position?.y).toBe(392);
  });

  it("is refused for a node without a way out", () => {
    expect(insertOnEdge(withLoop(), TOP, "forEach:out:request", declared("control.stop"), 80)).toBeNull();
  });
});

describe("connecting", () => {
  const graph = withLoop();
  it.each([
    ["a circle", { from: "request", port: "out", to: "forEach" }, /circle/],
    ["a border crossed", { from: "forEach", port: "out", to: "message" }, /border/],
    ["the start as a target", { from: "request", port: "out", to: "start" }, /start/],
    ["itself", { from: "request", port: "out", to: "request" }, /itself/],
    ["the same edge twice", { from: "forEach", port: "out", to: "request" }, /already/],
    ["a port it has not", { from: "start", port: "error", to: "request" }, /no way out/],
    ["a node that is gone", { from: "start", port: "out", to: "nobody" }, /gone/],
  ])("refuses %s", (_what, connection, reason) => {
    expect(refusal(graph, connection, CATALOGUE)).toMatch(reason);
  });

  it("allows a second edge from the same port", () => {
    const connection = { from: "start", port: "out", to: "request" };
    expect(refusal(graph, connection, CATALOGUE)).toBeNull();
    expect(connect(graph, connection).edges).toHaveLength(3);
  });

  it("knows the ports of a switch's cases and the error port", () => {
    const { graph: switched, id } = addNode(graph, declared("control.switch"), TOP, { x: 0, y: 500 });
    expect(refusal(switched, { from: id, port: "one", to: "request" }, CATALOGUE)).toBeNull();
    const handled = changeFields(switched, id, { onError: "errorPort" }, CATALOGUE);
    expect(refusal(handled, { from: id, port: "error", to: "request" }, CATALOGUE)).toBeNull();
  });

  it("drops the edges of a port that a change took away", () => {
    const { graph: switched, id } = addNode(graph, declared("control.switch"), TOP, { x: 0, y: 500 });
    const connected = connect(switched, { from: id, port: "one", to: "request" });
    const renamed = changeConfig(connected, id, { cases: [{ value: 1, port: "uno" }] }, CATALOGUE);
    expect(renamed.edges.some((edge) => edge.from === id)).toBe(false);
  });
});

describe("removing", () => {
  it("closes the gap that a node in a row leaves", () => {
    const after = remove(withLoop(), new Set(["forEach"]));
    expect(after.edges.map((edge) => `${edge.from}>${edge.to}`)).toEqual(["start>request"]);
    expect(nodeOf(after, "message")).toBeUndefined();
  });

  it("keeps the start and takes single edges", () => {
    const graph = withLoop();
    expect(remove(graph, new Set(["start"]))).toBe(graph);
    expect(remove(graph, new Set(), new Set(["start:out:forEach"])).edges).toHaveLength(1);
  });

  it("reaches inside containers and takes the node's pin along", () => {
    const graph: Graph = { ...withLoop(), pins: { message: { text: "hi" }, request: 1 } };
    const after = remove(graph, new Set(["message"]));
    expect(levelAt(after, { container: "forEach", lane: "body" }).nodes).toEqual([]);
    expect(after.pins).toEqual({ request: 1 });
  });
});

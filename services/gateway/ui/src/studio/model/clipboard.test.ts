import { describe, expect, it } from "vitest";

import { declared } from "../testing/catalogue";
import { copied, pasted, readPasted } from "./clipboard";
import { addNode, connect } from "./edits";
import type { Graph } from "./graph";
import { emptyGraph, levelAt, nodeOf, readGraph, TOP } from "./graph";
import { addNote } from "./notes";

function scene(): Graph {
  let graph = addNode(
    emptyGraph(),
    declared("http.request"),
    TOP,
    { x: 40, y: 80 },
    { from: "start", port: "out" },
  ).graph;
  graph = addNode(graph, declared("log.message"), TOP, { x: 40, y: 160 }).graph;
  graph = connect(graph, { from: "request", port: "out", to: "message" });
  const config = { message: "{{ nodes.request.output.text }} of {{ nodes.start.output }}" };
  return { ...graph, nodes: graph.nodes.map((node) => (node.id === "message" ? { ...node, config } : node)) };
}

describe("copy and paste", () => {
  it("renews ids, keeps edges inside and lets references follow the copies", () => {
    const graph = scene();
    const piece = copied(graph, new Set(["request", "message", "start"]));
    const { graph: after, ids } = pasted(graph, piece ?? graph, TOP, { x: 400, y: 80 });
    expect([...ids]).toEqual(["request2", "message2"]);
    expect(after.edges.map((edge) => edge.id)).toContain("request2:out:message2");
    expect(nodeOf(after, "message2")?.config?.["message"]).toBe(
      "{{ nodes.request2.output.text }} of {{ nodes.start.output }}",
    );
    expect(nodeOf(after, "request2")?.position).toEqual({ x: 400, y: 80 });
  });

  it("is the JSON of a stored graph, back from text as it went", () => {
    const piece = copied(scene(), new Set(["request", "message"]));
    expect(readPasted(JSON.stringify(piece))).toEqual(readGraph(piece));
    expect(piece?.edges).toHaveLength(1);
  });

  it("takes a container with all that stands in it", () => {
    let graph = addNode(scene(), declared("control.forEach"), TOP, { x: 400, y: 0 }).graph;
    graph = addNode(graph, declared("log.message"), { container: "forEach", lane: "body" }, { x: 0, y: 0 }).graph;
    const piece = copied(graph, new Set(["forEach", "message2"]));
    expect(piece?.nodes.map((node) => node.id)).toEqual(["forEach"]);
    const { graph: after } = pasted(graph, piece ?? graph, { container: "forEach", lane: "body" }, { x: 0, y: 80 });
    expect(levelAt(after, { container: "forEach2", lane: "body" }).nodes.map((node) => node.id)).toEqual(["message3"]);
  });

  it("takes notes, an exported workflow, and nothing else", () => {
    const { graph, id } = addNote(scene(), { x: 0, y: 0 });
    const piece = copied(graph, new Set([id]));
    expect(pasted(graph, piece ?? graph, TOP, { x: 8, y: 8 }).graph.notes).toHaveLength(2);
    expect(readPasted(JSON.stringify({ name: "x", graph: scene() }))?.nodes).toHaveLength(3);
    expect(readPasted("plain text")).toBeNull();
    expect(readPasted("{broken")).toBeNull();
    expect(copied(graph, new Set(["start"]))).toBeNull();
  });
});

import { describe, expect, it } from "vitest";

import { declared } from "../testing/catalogue";
import { addNode, connect } from "./edits";
import type { Graph, Home } from "./graph";
import { emptyGraph, levelAt, nodeOf, placesOf, TOP } from "./graph";
import { boxesOf, sizeOf } from "./geometry";
import { areaOf, homeAt, within } from "./homes";
import { moveTo, outermost, reparent, shift } from "./moves";

const BODY: Home = { container: "forEach", lane: "body" };

function scene(): Graph {
  let graph = addNode(emptyGraph(), declared("control.forEach"), TOP, { x: 0, y: 80 }).graph;
  graph = addNode(graph, declared("log.message"), BODY, { x: 0, y: 0 }).graph;
  graph = addNode(graph, declared("http.request"), TOP, { x: 600, y: 80 }).graph;
  graph = addNode(graph, declared("http.request"), TOP, { x: 600, y: 160 }).graph;
  return connect(connect(graph, { from: "request", port: "out", to: "request2" }), {
    from: "start",
    port: "out",
    to: "request",
  });
}

describe("moving into a container", () => {
  it("takes edges among the moved along and cuts those that would cross the border", () => {
    const after = reparent(
      scene(),
      BODY,
      new Map([
        ["request", { x: 0, y: 80 }],
        ["request2", { x: 0, y: 160 }],
      ]),
    );
    expect(levelAt(after, BODY).nodes.map((node) => node.id)).toEqual(["message", "request", "request2"]);
    expect(levelAt(after, BODY).edges.map((edge) => edge.id)).toEqual(["request:out:request2"]);
    expect(after.edges).toEqual([]);
  });

  it("makes the container as large as its content", () => {
    const before = scene();
    const after = reparent(before, BODY, new Map([["request", { x: 300, y: 200 }]]));
    const loop = nodeOf(after, "forEach");
    expect(loop && sizeOf(loop).width).toBe(300 + 224 + 48);
  });

  it("never moves a container into itself, and never the start", () => {
    const graph = scene();
    const after = reparent(
      graph,
      BODY,
      new Map([
        ["forEach", { x: 8, y: 8 }],
        ["start", { x: 8, y: 8 }],
      ]),
    );
    expect(placesOf(after).get("forEach")?.home).toEqual(TOP);
    expect(placesOf(after).get("start")?.home).toEqual(TOP);
  });

  it("and out again is the same place in absolute terms", () => {
    const graph = scene();
    const box = boxesOf(graph).get("message");
    const out = reparent(graph, TOP, new Map([["message", within(graph, TOP, { x: box?.x ?? 0, y: box?.y ?? 0 })]]));
    expect(boxesOf(out).get("message")).toEqual(box);
  });
});

describe("moving within a home", () => {
  it("changes positions alone and keeps everything else", () => {
    const graph = scene();
    const after = moveTo(graph, new Map([["request", { x: 640, y: 80 }]]));
    expect(nodeOf(after, "request")?.position).toEqual({ x: 640, y: 80 });
    expect(nodeOf(after, "message")).toBe(nodeOf(graph, "message"));
    expect(moveTo(graph, new Map([["request", { x: 600, y: 80 }]]))).toBe(graph);
  });

  it("shifts a container once, whatever of its content is chosen too", () => {
    const graph = scene();
    const after = shift(graph, new Set(["forEach", "message"]), { x: 16, y: 0 });
    expect(nodeOf(after, "message")?.position).toEqual({ x: 0, y: 0 });
    expect(boxesOf(after).get("message")?.x).toBe((boxesOf(graph).get("message")?.x ?? 0) + 16);
    expect(outermost(graph, ["forEach", "message"])).toEqual(["forEach"]);
  });

  it("stops at the near border of a container", () => {
    expect(nodeOf(shift(scene(), new Set(["message"]), { x: -80, y: 8 }), "message")?.position).toEqual({ x: 0, y: 8 });
  });
});

describe("the home under a point", () => {
  it("is the innermost lane, and the top outside of all", () => {
    const graph = scene();
    const area = areaOf(graph, BODY);
    expect(homeAt(graph, { x: (area?.x ?? 0) + 10, y: (area?.y ?? 0) + 10 })).toEqual(BODY);
    expect(homeAt(graph, { x: -500, y: -500 })).toEqual(TOP);
    expect(homeAt(graph, { x: (area?.x ?? 0) + 10, y: (area?.y ?? 0) + 10 }, new Set(["forEach"]))).toEqual(TOP);
  });

  it("tells the lanes of a try apart", () => {
    const { graph, id } = addNode(emptyGraph(), declared("control.try"), TOP, { x: 0, y: 0 });
    const area = areaOf(graph, { container: id, lane: "catch" });
    expect(homeAt(graph, { x: (area?.x ?? 0) + 5, y: (area?.y ?? 0) + 5 })).toEqual({ container: id, lane: "catch" });
  });
});

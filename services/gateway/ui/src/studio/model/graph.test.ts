import { describe, expect, it } from "vitest";

import { changeNode, containersAround, emptyGraph, nodeOf, placesOf, readGraph } from "./graph";

const nested = readGraph({
  schemaVersion: 1,
  custom: "kept",
  nodes: [
    { id: "start", type: "control.start" },
    {
      id: "loop",
      type: "control.forEach",
      body: { nodes: [{ id: "try", type: "control.try", body: { nodes: [{ id: "deep", type: "log.message" }] } }] },
    },
  ],
  edges: [{ id: "e", from: "start", to: "loop" }],
});

describe("a graph", () => {
  it("is read with what it does not know kept and missing lists filled in", () => {
    expect(nested).toMatchObject({ custom: "kept" });
    expect(placesOf(nested).get("try")?.node.body?.edges).toEqual([]);
  });

  it("is read from nonsense as an empty one", () => {
    expect(readGraph("nonsense")).toEqual(emptyGraph());
    expect(readGraph({ nodes: "no list", edges: 3 }).nodes).toEqual([]);
  });

  it("knows where every node stands, by the pointer validation uses", () => {
    expect(placesOf(nested).get("deep")).toMatchObject({
      pointer: "/nodes/1/body/nodes/0/body/nodes/0",
      home: { container: "try", lane: "body" },
      depth: 2,
    });
    expect(containersAround(nested, "deep").map((place) => place.node.id)).toEqual(["loop", "try"]);
  });

  it("shares what a change deep inside does not touch", () => {
    const after = changeNode(nested, "deep", (node) => ({ ...node, name: "Renamed" }));
    expect(nodeOf(after, "deep")?.name).toBe("Renamed");
    expect(nodeOf(nested, "deep")?.name).toBeUndefined();
    expect(nodeOf(after, "start")).toBe(nodeOf(nested, "start"));
    expect(after.edges).toBe(nested.edges);
  });

  it("stays the same where a change changes nothing", () => {
    expect(changeNode(nested, "deep", (node) => node)).toBe(nested);
    expect(changeNode(nested, "missing", (node) => ({ ...node, name: "x" }))).toBe(nested);
  });
});

import { describe, expect, it } from "vitest";

import { CATALOGUE, declared } from "../testing/catalogue";
import { difference, overlaid } from "./diff";
import { addNode, remove } from "./edits";
import { changeConfig, changeFields } from "./fields";
import type { Graph } from "./graph";
import { emptyGraph, levelAt, nodeOf, placesOf, TOP } from "./graph";
import { mergedGraphs } from "./merge";

const LOOP = { container: "forEach", lane: "body" } as const;

function base(): Graph {
  let graph = addNode(
    emptyGraph(),
    declared("http.request"),
    TOP,
    { x: 0, y: 80 },
    { from: "start", port: "out" },
  ).graph;
  graph = addNode(graph, declared("control.forEach"), TOP, { x: 0, y: 160 }, { from: "request", port: "out" }).graph;
  return addNode(graph, declared("log.message"), LOOP, { x: 0, y: 0 }).graph;
}

describe("bringing two people's changes together", () => {
  it("keeps both where they touch different nodes, also inside the same container", () => {
    const mine = changeConfig(base(), "request", { url: "mine" }, CATALOGUE);
    const theirs = addNode(
      changeConfig(base(), "message", { message: "theirs" }, CATALOGUE),
      declared("http.request"),
      LOOP,
      { x: 0, y: 80 },
    ).graph;
    const both = mergedGraphs(base(), changeFields(mine, "forEach", { name: "My loop" }, CATALOGUE), theirs);
    expect(both && nodeOf(both, "request")?.config).toEqual({ url: "mine" });
    expect(both && nodeOf(both, "message")?.config).toEqual({ message: "theirs" });
    expect(both && nodeOf(both, "forEach")?.name).toBe("My loop");
    expect(both && levelAt(both, LOOP).nodes.map((node) => node.id)).toEqual(["message", "request2"]);
  });

  it("takes my new and removed nodes and edges along, without loose ends", () => {
    const mine = remove(
      addNode(base(), declared("log.message"), TOP, { x: 0, y: 400 }, { from: "forEach", port: "out" }).graph,
      new Set(["request"]),
    );
    const theirs = changeConfig(base(), "message", { message: "theirs" }, CATALOGUE);
    const both = mergedGraphs(base(), mine, theirs);
    expect(both?.edges.map((edge) => `${edge.from}>${edge.to}`).sort()).toEqual(["forEach>message2", "start>forEach"]);
    expect(both && placesOf(both).has("request")).toBe(false);
  });

  it("refuses to choose where both changed the same node, the same part, or one removed what the other changed", () => {
    const change = (value: string) => changeConfig(base(), "request", { url: value }, CATALOGUE);
    expect(mergedGraphs(base(), change("a"), change("b"))).toBeNull();
    expect(mergedGraphs(base(), remove(base(), new Set(["request"])), change("b"))).toBeNull();
    const inputs = (name: string) => ({ ...base(), inputs: [{ name }] });
    expect(mergedGraphs(base(), inputs("a"), inputs("b"))).toBeNull();
    expect(mergedGraphs(base(), inputs("a"), base())?.inputs).toEqual([{ name: "a" }]);
  });
});

describe("the difference of two graphs", () => {
  it("names added, removed, changed and moved nodes, and what changed in them", () => {
    const now = addNode(
      remove(changeConfig(base(), "message", { message: "b" }, CATALOGUE), new Set(["request"])),
      declared("log.message"),
      TOP,
      { x: 0, y: 600 },
    ).graph;
    const found = difference(base(), { ...now, variables: [{ name: "v" }] });
    expect(Object.fromEntries(found.marks)).toEqual({ message: "changed", message2: "added", request: "removed" });
    expect(found.nodes.find((node) => node.id === "message")?.changes).toEqual([
      { pointer: "/config/message", new: "b" },
    ]);
    expect(found.rest.map((change) => change.pointer)).toEqual(["/variables"]);
    expect(difference(base(), base()).same).toBe(true);
  });

  it("shows removed nodes where they stood", () => {
    const now = remove(base(), new Set(["message"]));
    expect(levelAt(overlaid(base(), now), LOOP).nodes.map((node) => node.id)).toEqual(["message"]);
    const without = remove(base(), new Set(["forEach"]));
    expect(placesOf(overlaid(base(), without)).get("message")?.home.container).toBe("forEach");
  });
});

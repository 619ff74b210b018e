import { describe, expect, it } from "vitest";

import { addNode } from "../model/edits";
import type { Graph } from "../model/graph";
import { emptyGraph, TOP } from "../model/graph";
import { scopeOf } from "../model/scope";
import { declared } from "../testing/catalogue";
import { complete, short, type Samples } from "./completion";
import { contextOf, hasExpression } from "./previewContext";
import { asFixed, asTemplate, cursorIn, partsOf } from "./template";

function scene(): Graph {
  let graph: Graph = {
    ...emptyGraph(),
    inputs: [{ name: "file", type: "string", default: "a.csv" }],
    variables: [{ name: "total", initial: 0 }],
  };
  graph = addNode(graph, declared("http.request"), TOP, { x: 0, y: 80 }, { from: "start", port: "out" }).graph;
  graph = addNode(graph, declared("control.forEach"), TOP, { x: 0, y: 160 }, { from: "request", port: "out" }).graph;
  return addNode(graph, declared("log.message"), { container: "forEach", lane: "body" }, { x: 0, y: 0 }).graph;
}

const samples: Samples = {
  outputs: new Map([["request", { status: 200, json: { rows: [{ city: "Bern" }], "odd key": 1 } }]]),
  inputs: { file: "b.csv" },
  loops: [{ loop: "forEach", item: { amount: 12 }, index: 4 }],
  execution: { id: "e1" },
  globals: { rate: 1.5 },
};

const labels = (text: string, node = "message", inside = false) =>
  complete(text, scopeOf(scene(), node), samples, inside)?.options.map((option) => option.label);

describe("the scope of a node", () => {
  it("has what ran before, also before the loops around, nearest first", () => {
    const scope = scopeOf(scene(), "message");
    expect(scope.nodes.map((node) => node.id)).toEqual(["request", "start"]);
    expect(scope.loops.map((loop) => loop.id)).toEqual(["forEach"]);
    expect(scopeOf(scene(), "request").loops).toEqual([]);
  });
});

describe("completing an expression", () => {
  it("offers keys of real samples with their values", () => {
    const found = complete("{{ nodes.request.output.", scopeOf(scene(), "message"), samples, false);
    expect(found?.options).toEqual([
      { label: "status", detail: "200", kind: "number" },
      { label: "json", detail: "{ 2 }", kind: "object" },
    ]);
    expect(labels("{{ nodes.request.output.json.rows[0].")).toEqual(["city"]);
    expect(labels("{{ item.am")).toEqual(["amount"]);
  });

  it("replaces only the word being written", () => {
    expect(complete("{{ len(inputs.fi", scopeOf(scene(), "message"), samples, false)?.from).toBe(14);
  });

  it("offers names, loops and functions at the beginning", () => {
    expect(labels("{{ ")).toEqual(
      expect.arrayContaining([
        "http.request".replace("http.request", "HTTP request"),
        "inputs.file",
        "vars.total",
        "item",
      ]),
    );
    expect(labels("{{ ", "request")).not.toContain("item");
  });

  it("is silent in text, after the braces and inside quotes", () => {
    expect(labels("plain te")).toBeUndefined();
    expect(labels("{{ x }} and ")).toBeUndefined();
    expect(labels('{{ "no')).toBeUndefined();
    expect(labels("ite", "message", true)).toContain("item");
  });

  it("says values shortly", () => {
    expect([short([1, 2]), short(undefined), short("x".repeat(60)).length]).toEqual(["[ 2 ]", "", 29]);
  });
});

describe("templates", () => {
  it("show plain references as chips by the node's name", () => {
    expect(partsOf(scene(), "to {{ nodes.request.output.json.rows[0].city }}!", false)).toEqual([
      { kind: "text", text: "to " },
      {
        kind: "node",
        id: "request",
        name: "HTTP request",
        type: "http.request",
        field: "json.rows[0].city",
        text: "{{ nodes.request.output.json.rows[0].city }}",
      },
      { kind: "text", text: "!" },
    ]);
    expect(partsOf(scene(), "{{ len(item) }}", false)).toEqual([{ kind: "code", text: "len(item)" }]);
    expect(partsOf(scene(), "vars.total", true)).toMatchObject([{ kind: "value", root: "vars", field: "total" }]);
  });

  it("turn into fixed values and back where that is possible", () => {
    expect(asTemplate([1, 2])).toBe("{{ [1,2] }}");
    expect(asFixed("{{ [1,2] }}")).toEqual([1, 2]);
    expect(asFixed("text")).toBe("text");
    expect(asFixed("{{ item }}")).toBeUndefined();
  });
});

describe("where writing goes on", () => {
  it("is between empty braces, wherever they stand, else at the end", () => {
    expect(cursorIn("{{  }}")).toBe(3);
    expect(cursorIn("Dear {{  }},")).toBe(8);
    expect(cursorIn("{{ 6 }}")).toBe(7);
    expect(cursorIn("")).toBe(0);
  });
});

describe("previewing an expression", () => {
  it("sends what the expression may see, of outputs only those it names", () => {
    const text = "{{ nodes.request.output.status + item.amount }}";
    expect(contextOf(text, scopeOf(scene(), "message"), samples)).toEqual({
      inputs: { file: "b.csv" },
      vars: { total: 0 },
      nodes: { request: { output: samples.outputs.get("request") } },
      loops: { forEach: { item: { amount: 12 }, index: 4 } },
      execution: { id: "e1" },
      item: { amount: 12 },
      index: 4,
    });
    expect(contextOf("{{ inputs.file }}", scopeOf(scene(), "request"), { ...samples, loops: [] })).not.toHaveProperty(
      "item",
    );
    expect(contextOf("{{ inputs.requested }}", scopeOf(scene(), "message"), samples).nodes).toEqual({});
  });

  it("asks for nothing while nothing is written", () => {
    expect(hasExpression("plain text", false)).toBe(false);
    expect(hasExpression("a {{", false)).toBe(false);
    expect(hasExpression("{{  }}", false)).toBe(false);
    expect(hasExpression("{{  }}", true)).toBe(false);
    expect(hasExpression(" ", true)).toBe(false);
    expect(hasExpression("a {{ b }}", false)).toBe(true);
    expect(hasExpression("a + 1", true)).toBe(true);
  });
});

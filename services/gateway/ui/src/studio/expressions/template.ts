/** Templates as people see them: text with `{{ … }}` in it, and references shown by the node's name. */

import type { Graph } from "../model/graph";
import { nodeOf } from "../model/graph";

export type Part =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "node"; id: string; name: string; type: string; field: string; text: string }
  | { kind: "value"; root: string; field: string; text: string };

const BRACES = /\{\{([\s\S]*?)\}\}/g;
const PATH = /^(nodes|inputs|vars|item|index|loops|execution|credentials)((?:\.\w+|\[\d+\])*)$/;

/** Whether a stored value is worked out while the workflow runs. */
export function isTemplate(value: unknown): value is string {
  return typeof value === "string" && value.includes("{{");
}

/** The parts of a template; a bare expression is one code part. */
export function partsOf(graph: Graph, value: string, bare: boolean): Part[] {
  if (bare && !value.includes("{{")) return value === "" ? [] : [reference(graph, value.trim(), value)];
  const parts: Part[] = [];
  let from = 0;
  for (const match of value.matchAll(BRACES)) {
    if (match.index > from) parts.push({ kind: "text", text: value.slice(from, match.index) });
    parts.push(reference(graph, (match[1] ?? "").trim(), match[0]));
    from = match.index + match[0].length;
  }
  if (from < value.length) parts.push({ kind: "text", text: value.slice(from) });
  return parts;
}

/** A plain path becomes a chip; anything that computes stays code. */
function reference(graph: Graph, code: string, text: string): Part {
  const match = PATH.exec(code);
  if (!match) return { kind: "code", text: code };
  const root = match[1] ?? "";
  const path = (match[2] ?? "").replace(/^\./, "");
  if (root !== "nodes") return { kind: "value", root, field: path, text };
  const [id = "", ...rest] = path.split(/\.|(?=\[)/);
  const node = nodeOf(graph, id);
  if (!node || rest[0] !== "output") return { kind: "code", text: code };
  const field = rest.slice(1).join(".").replaceAll(".[", "[");
  return { kind: "node", id, name: node.name || id, type: node.type, field, text };
}

/** A fixed value as a template, when somebody switches a field to expressions. */
export function asTemplate(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  return `{{ ${JSON.stringify(value)} }}`;
}

/** A template as a fixed value: what it says when it says one constant, else null for "start anew". */
export function asFixed(template: string): unknown {
  const code = /^\s*\{\{([\s\S]*)\}\}\s*$/.exec(template)?.[1]?.trim();
  if (code === undefined) return template.includes("{{") ? undefined : template;
  try {
    return JSON.parse(code) as unknown;
  } catch {
    return undefined;
  }
}

/** Where writing goes on in a template: between empty braces, else at the end. */
export function cursorIn(template: string): number {
  const empty = template.indexOf("{{  }}");
  return empty >= 0 ? empty + 3 : template.length;
}

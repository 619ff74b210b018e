/** What can come next in an expression: names in scope, keys of real samples, functions. Knows nothing of an editor. */

import type { Scope } from "../model/scope";
import { isObject } from "../model/graph";
import { FUNCTIONS, METHODS } from "./functions";

export interface Suggestion {
  label: string;
  /** The value there is now, shortly, or what a function does. */
  detail: string;
  kind: "text" | "number" | "boolean" | "list" | "object" | "null" | "function" | "node" | "name";
  /** What is written; the label when missing. */
  insert?: string;
}

/** The turn of a loop that is shown. */
export interface LoopSample {
  loop: string;
  item: unknown;
  index: number;
}

export interface Samples {
  /** Outputs of the latest run or pinned, by node id. */
  outputs: ReadonlyMap<string, unknown>;
  inputs: Record<string, unknown>;
  /** Those around that had a turn, the innermost first. */
  loops: readonly LoopSample[];
  execution: Record<string, unknown>;
  /** Variables of the installation, as they are now. */
  globals: Record<string, unknown>;
  /** Names of fields by names of credentials. */
  credentials?: ReadonlyMap<string, readonly string[]>;
}

export interface Completion {
  /** Where the word that is being written begins. */
  from: number;
  options: Suggestion[];
}

const MOST_KEYS = 200;

/** Completions for the text before the cursor; `inside` tells that all of the text is an expression. */
export function complete(text: string, scope: Scope, samples: Samples, inside: boolean): Completion | null {
  const opened = text.lastIndexOf("{{");
  const closed = text.lastIndexOf("}}");
  if (!inside && (opened < 0 || closed > opened)) return null;
  const code = opened >= 0 && closed < opened ? text.slice(opened + 2) : text;
  if (insideString(code)) return null;
  const path = /((?:[A-Za-z_]\w*)(?:\.\w+|\[-?\d+\])*)?\.(\w*)$/.exec(code);
  if (path?.[1] !== undefined) {
    const word = path[2] ?? "";
    const options = membersOf(path[1], scope, samples);
    return options.length > 0 ? { from: text.length - word.length, options } : null;
  }
  const word = /[A-Za-z_]\w*$/.exec(code)?.[0] ?? "";
  return { from: text.length - word.length, options: [...names(scope, samples), ...FUNCTIONS] };
}

function insideString(code: string): boolean {
  let quote = "";
  for (let index = 0; index < code.length; index += 1) {
    const letter = code.charAt(index);
    if (quote !== "" && letter === "\\") index += 1;
    else if (letter === quote) quote = "";
    else if (quote === "" && (letter === '"' || letter === "'")) quote = letter;
  }
  return quote !== "";
}

function names(scope: Scope, samples: Samples): Suggestion[] {
  const roots: Suggestion[] = scope.nodes.map((node) => ({
    label: node.name || node.id,
    detail: `nodes.${node.id}.output`,
    kind: "node",
    insert: `nodes.${node.id}.output`,
  }));
  for (const input of scope.inputs) {
    const detail = short(samples.inputs[input.name] ?? input.default);
    roots.push({ label: `inputs.${input.name}`, detail, kind: "name" });
  }
  for (const variable of scope.variables) {
    roots.push({ label: `vars.${variable.name}`, detail: short(variable.initial), kind: "name" });
  }
  for (const [name, value] of Object.entries(samples.globals)) {
    roots.push({ label: `globals.${name}`, detail: short(value), kind: "name" });
  }
  if (scope.loops.length > 0) {
    const item = samples.loops[0]?.item;
    roots.push({ label: "item", detail: short(item) || "the current item", kind: kindOf(item) });
    roots.push({ label: "index", detail: "its number, from 0", kind: "number" });
  }
  const roughly = ["nodes", "inputs", "vars", "loops", "globals", "execution", "credentials"];
  return [...roots, ...roughly.map((label): Suggestion => ({ label, detail: "", kind: "name" }))];
}

function membersOf(path: string, scope: Scope, samples: Samples): Suggestion[] {
  const [root = "", ...rest] = path.replaceAll("[", ".[").split(".");
  const fixed = root === "credentials" ? credentialsOf(rest, samples) : roots(root, rest, scope);
  if (fixed) return fixed;
  const value = valueAt(root, rest, scope, samples);
  if (isObject(value)) return Object.entries(value).slice(0, MOST_KEYS).flatMap(keySuggestion);
  return typeof value === "string" ? METHODS : [];
}

/** Names of the vault, then of the fields; what they hold is nowhere here. */
function credentialsOf(rest: string[], { credentials = new Map() }: Samples): Suggestion[] {
  const [name, ...more] = rest;
  if (name === undefined)
    return [...credentials].map(([label, fields]) => ({ label, detail: fields.join(", "), kind: "object" }));
  if (more.length > 0) return [];
  return (credentials.get(name) ?? []).map((label) => ({ label, detail: "secret", kind: "text" }));
}

/** Levels that are known without a sample. */
function roots(root: string, rest: string[], scope: Scope): Suggestion[] | null {
  if (rest.length === 0) {
    if (root === "nodes") return scope.nodes.map((node) => ({ label: node.id, detail: node.name ?? "", kind: "node" }));
    if (root === "inputs")
      return scope.inputs.map((input) => ({ label: input.name, detail: input.type ?? "", kind: "name" }));
    if (root === "vars")
      return scope.variables.map(({ name, initial }) => ({ label: name, detail: short(initial), kind: "name" }));
    if (root === "loops") return scope.loops.map((loop) => ({ label: loop.id, detail: loop.name ?? "", kind: "node" }));
    if (root === "execution")
      return ["id", "attempt", "workflowId", "startedAt"].map((label) => ({ label, detail: "", kind: "name" }));
  }
  if (root === "nodes" && rest.length === 1)
    return [{ label: "output", detail: "what it handed back", kind: "object" }];
  if (root === "loops" && rest.length === 1) {
    return [
      { label: "item", detail: "the current item", kind: "object" },
      { label: "index", detail: "its number, from 0", kind: "number" },
    ];
  }
  return null;
}

function valueAt(root: string, rest: string[], scope: Scope, samples: Samples): unknown {
  const steps = [...rest];
  let value: unknown;
  if (root === "nodes") {
    value = samples.outputs.get(steps.shift() ?? "");
    steps.shift();
  } else if (root === "inputs") {
    value = { ...Object.fromEntries(scope.inputs.map((input) => [input.name, input.default])), ...samples.inputs };
  } else if (root === "vars") {
    value = Object.fromEntries(scope.variables.map((variable) => [variable.name, variable.initial]));
  } else if (root === "globals") {
    value = samples.globals;
  } else if (root === "item") {
    value = samples.loops[0]?.item;
  } else if (root === "loops") {
    const { item, index } = samples.loops.find((turn) => turn.loop === steps[0]) ?? {};
    value = { item, index };
    steps.shift();
  }
  for (const step of steps) {
    const index = /^\[(-?\d+)\]$/.exec(step)?.[1];
    if (index !== undefined) value = Array.isArray(value) ? (value.at(Number(index)) as unknown) : undefined;
    else value = isObject(value) ? value[step] : undefined;
  }
  return value;
}

function keySuggestion([key, value]: [string, unknown]): Suggestion[] {
  if (!/^[A-Za-z_]\w*$/.test(key)) return [];
  return [{ label: key, detail: short(value), kind: kindOf(value) }];
}

export function kindOf(value: unknown): Suggestion["kind"] {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  if (typeof value === "number" || typeof value === "boolean") return typeof value as "number" | "boolean";
  return value === undefined ? "name" : "object";
}

const MOST_SHOWN = 28;

/** A value in a few characters. */
export function short(value: unknown): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return `[ ${value.length} ]`;
  if (isObject(value)) return `{ ${Object.keys(value).length} }`;
  const text = JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

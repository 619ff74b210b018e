/** What a field that names an element may hold, read from its schema: one line of text, or candidates and an anchor. */

import type { Schema } from "../model/declarations";
import { isObject, type Json, type JsonObject } from "../model/graph";
import { resolved, unwrapped } from "./shape";

export interface SelectorSchema {
  /** One line of text will do. */
  takesText: boolean;
  /** Of one candidate. */
  candidate: Schema;
  /** The member that says how an element is known, and the one that says by what. */
  kindKey: string;
  textKey: string;
  kinds: readonly string[];
  /** Relations to an anchor; empty where the node knows no anchors. */
  relations: readonly string[];
  /** The object form, whose other members the form shows as they are. */
  whole: Schema;
}

export const LIST = "candidates";
export const ANCHOR = "anchor";
export const RELATION = "relation";

const KIND_WORDS: Record<string, string> = {
  id: "Id",
  data: "Data attribute",
  name: "Name",
  placeholder: "Placeholder",
  text: "Visible text",
  label: "Label",
  role: "Role",
  class: "Classes",
  path: "Path",
  css: "CSS",
  xpath: "XPath",
};
const EXAMPLES: Record<string, string> = {
  id: "save",
  data: "data-testid=save",
  name: "email",
  placeholder: "email|Your mail",
  text: "Send order",
  label: "Delivery date",
  role: "button: Save",
  class: ".toolbar .primary",
  path: "form > div:nth-child(2) > input",
  css: "#orders tr.open td.number",
  xpath: "//table//td[2]",
};
const RELATION_WORDS: Record<string, string> = {
  nextSibling: "next to it, after",
  previousSibling: "next to it, before",
  firstChild: "first inside it",
  lastChild: "last inside it",
  descendant: "anywhere inside it",
};

export const kindWord = (kind: string): string => KIND_WORDS[kind] ?? kind;
export const exampleOf = (kind: string): string => EXAMPLES[kind] ?? "";
export const relationWord = (relation: string): string => RELATION_WORDS[relation] ?? relation;

export function readSchema(given: Schema, root: Schema): SelectorSchema {
  const { schema } = unwrapped(given, root);
  const forms = (schema.anyOf ?? schema.oneOf ?? [schema]).map((each) => resolved(each, root));
  const whole = forms.find((each) => each.properties?.[LIST]) ?? {};
  const candidate = resolved(whole.properties?.[LIST]?.items ?? {}, root);
  const names = Object.keys(candidate.properties ?? {});
  const kindKey = names.find((name) => candidate.properties?.[name]?.enum) ?? "strategy";
  const textKey = names.find((name) => name !== kindKey && candidate.properties?.[name]?.type === "string") ?? "value";
  const anchor = unwrapped(whole.properties?.[ANCHOR] ?? {}, root).schema;
  return {
    takesText: forms.some((each) => each.type === "string"),
    candidate,
    kindKey,
    textKey,
    kinds: (candidate.properties?.[kindKey]?.enum ?? []).map(String),
    relations: (anchor.properties?.[RELATION]?.enum ?? []).map(String),
    whole,
  };
}

/** The list of candidates in a selector or an anchor; entries of another shape are taken for their text. */
export function candidatesIn(value: Json | undefined, schema: SelectorSchema): JsonObject[] {
  const listed = isObject(value) ? (value as JsonObject)[LIST] : undefined;
  if (!Array.isArray(listed)) return [];
  return listed.map((each) => (isObject(each) ? (each as JsonObject) : { [schema.textKey]: each }));
}

/** A line of text as the selector it means: `label=Date` by its label, `//td` by XPath, anything else by CSS. */
export function fromText(text: string, schema: SelectorSchema): JsonObject {
  const line = text.trim();
  if (line === "") return { [LIST]: [] };
  const [kind, value] = split(line, schema.kinds);
  return { [LIST]: [{ [schema.kindKey]: kind, [schema.textKey]: value }] };
}

/** A selector as one line of text, where one says all of it. */
export function toText(value: Json | undefined, schema: SelectorSchema): string | null {
  const candidates = candidatesIn(value, schema);
  const others = isObject(value) ? Object.keys(value as JsonObject).filter((name) => name !== LIST) : [];
  if (others.some((name) => (value as JsonObject)[name] !== null) || candidates.length > 1) return null;
  const [only] = candidates;
  if (!only) return "";
  const kind = String(only[schema.kindKey] ?? "css");
  const text = String(only[schema.textKey] ?? "");
  return kind === "css" || (kind === "xpath" && text.startsWith("//")) ? text : `${kind}=${text}`;
}

function split(line: string, kinds: readonly string[]): [kind: string, value: string] {
  if (line.startsWith("//") || line.startsWith("(//")) return ["xpath", line];
  const at = line.indexOf("=");
  const head = at > 0 ? line.slice(0, at) : "";
  return kinds.includes(head) ? [head, line.slice(at + 1).trim()] : ["css", line];
}

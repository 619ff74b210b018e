/**
 * What a form makes of a JSON Schema: one shape for each field, which says the widget and what the widget needs.
 *
 * A node may name a widget by `format` (or `x-widget`) where its type alone does not tell.
 */

import type { Json } from "../model/graph";
import type { Schema } from "../model/declarations";

export type Kind =
  | "text"
  | "number"
  | "boolean"
  | "choice"
  | "choices"
  | "expression"
  | "code"
  | "list"
  | "object"
  | "map"
  | "variants"
  | "any";

export interface Shape {
  kind: Kind;
  schema: Schema;
  /** The widget the node asks for beside its kind: "selector", "path", "credential", "multiline", a code language. */
  widget: string;
  title: string;
  help: string;
  required: boolean;
  /** Null is a value of its own: nothing. */
  nullable: boolean;
  /** What is typed is what it is: the field never holds an expression. */
  literal: boolean;
}

export interface Context {
  root: Schema;
  codeFields: readonly string[];
  expressionFields: readonly string[];
}

export interface Variant {
  /** The value of the discriminator. */
  name: string;
  title: string;
  schema: Schema;
}

/** How long a node is patient: hardly ever touched, and inherited before what makes the node. */
const PATIENCE = new Set(["waitSeconds", "timeoutSeconds", "pollSeconds", "stableSeconds"]);

/** The fields of a config in the order the node declares them: required ones first, waiting times last. */
export function fieldsOf(schema: Schema, context: Context, top: boolean): { name: string; shape: Shape }[] {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    shape: shapeOf(name, property, required.has(name), context, top),
  }));
  const rank = ({ name, shape }: { name: string; shape: Shape }) => (shape.required ? 0 : PATIENCE.has(name) ? 2 : 1);
  return fields.toSorted((one, other) => rank(one) - rank(other));
}

export function shapeOf(name: string, given: Schema, required: boolean, context: Context, top: boolean): Shape {
  const { schema, nullable } = unwrapped(given, context.root);
  const widget = String(schema["x-widget"] ?? schema.format ?? "");
  const literal = top && context.codeFields.includes(name);
  const kind: Kind =
    literal && kindOf(schema) === "text"
      ? "code"
      : (top && context.expressionFields.includes(name)) || schema.format === "expression"
        ? "expression"
        : kindOf(schema);
  return {
    kind,
    schema,
    widget,
    title: given.title ?? schema.title ?? name,
    help: given.description ?? schema.description ?? "",
    required,
    nullable,
    literal,
  };
}

/** The schema without references and without "or null". */
export function unwrapped(given: Schema, root: Schema): { schema: Schema; nullable: boolean } {
  let schema = resolved(given, root);
  let nullable = false;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices && !schema.discriminator) {
    const rest = choices.filter((choice) => resolved(choice, root).type !== "null");
    nullable = rest.length < choices.length;
    if (rest.length === 1 && rest[0]) {
      const { anyOf: _any, oneOf: _one, ...outer } = schema;
      void _any;
      void _one;
      schema = { ...resolved(rest[0], root), ...outer };
    }
  }
  if (Array.isArray(schema.type) && schema.type.includes("null")) {
    const types = schema.type.filter((type) => type !== "null");
    nullable = true;
    schema = { ...schema, type: types.length === 1 && types[0] !== undefined ? types[0] : types };
  }
  return { schema, nullable };
}

/** Follows `$ref`; a reference to nowhere allows anything. */
export function resolved(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const found = root.$defs?.[schema.$ref.replace("#/$defs/", "")];
  const { $ref: _ref, ...outer } = schema;
  void _ref;
  return found ? { ...resolved(found, root), ...outer } : outer;
}

function kindOf(schema: Schema): Kind {
  if (schema.enum) return "choice";
  if (schema.oneOf && schema.discriminator) return "variants";
  switch (schema.type) {
    case "string":
      return "text";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return schema.items?.enum ? "choices" : plainItems(schema) ? "any" : "list";
    case "object":
      return schema.properties ? "object" : "map";
    default:
      return "any";
  }
}

/** A list of tables' rows or of anything is written as JSON or as one expression, not entry by entry. */
function plainItems(schema: Schema): boolean {
  const items = schema.items;
  if (!items) return true;
  const bare = Object.keys(items).every((key) =>
    ["title", "description", "type", "additionalProperties"].includes(key),
  );
  return bare && (items.type === undefined || items.type === "object");
}

/** Whether a field takes texts and numbers alone: then nobody is told of JSON. */
export function isTextOrNumber(schema: Schema): boolean {
  const types = schema.anyOf?.map((each) => each.type) ?? (Array.isArray(schema.type) ? schema.type : []);
  return (
    types.includes("string") && types.every((type) => ["string", "integer", "number", "null"].includes(String(type)))
  );
}

/** The ways a field with a discriminator can be filled in. */
export function variantsOf(schema: Schema, root: Schema): Variant[] {
  const property = schema.discriminator?.propertyName ?? "type";
  return (schema.oneOf ?? []).flatMap((choice) => {
    const found = resolved(choice, root);
    const name = found.properties?.[property]?.const ?? found.properties?.[property]?.default;
    if (typeof name !== "string") return [];
    return [{ name, title: variantTitle(name), schema: found }];
  });
}

/** A choice in words: "screenshotAndTrace" is "screenshot and trace"; what is no such name stays as it is. */
export function choiceWord(choice: string): string {
  if (!/^[a-z]+([A-Z][a-z]+)+$/.test(choice)) return choice;
  return choice.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

const ABBREVIATIONS = new Set(["api", "html", "json", "sql", "url", "xml"]);

/** "apiKey" is "API key", "bearer" is "Bearer". */
function variantTitle(name: string): string {
  const words = choiceWord(name)
    .split(" ")
    .map((word) => (ABBREVIATIONS.has(word) ? word.toUpperCase() : word))
    .join(" ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The value a new entry starts with. */
export function firstValue(schema: Schema, root: Schema): Json {
  const { schema: found } = unwrapped(schema, root);
  if (found.default !== undefined) return found.default;
  if (found.enum?.[0] !== undefined) return found.enum[0];
  switch (found.type) {
    case "object":
      return Object.fromEntries(
        (found.required ?? []).map((name) => [name, firstValue(found.properties?.[name] ?? {}, root)]),
      );
    case "array":
      return [];
    case "boolean":
      return false;
    case "integer":
    case "number":
      return found.minimum ?? 0;
    default:
      return "";
  }
}

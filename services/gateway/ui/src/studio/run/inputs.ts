/** What somebody typed as the value an input declares. */

import type { InputDeclaration, Json } from "../model/graph";

interface Read {
  value?: unknown;
  error?: string;
}

/** Nothing typed means the default; text that does not fit says what would. */
export function readInput(input: InputDeclaration, text: string): Read {
  if (text === "") {
    const needed = input.required && (input.default === undefined || input.default === null);
    return needed ? { error: "The workflow needs this." } : {};
  }
  switch (input.type) {
    case "number":
    case "integer": {
      const value = Number(text);
      const fits = Number.isFinite(value) && (input.type === "number" || Number.isInteger(value));
      return fits
        ? { value }
        : { error: input.type === "integer" ? "A whole number is needed." : "A number is needed." };
    }
    case "boolean":
      return { value: text === "true" };
    case "object":
    case "array":
    case "list":
      return readJson(text, input.type === "object" ? "object" : "list");
    case "any":
    case undefined:
      return /^\s*([[{"]|-?\d|true$|false$|null$)/.test(text) ? lenient(text) : { value: text };
    default:
      return { value: text };
  }
}

function readJson(text: string, wanted: "object" | "list"): Read {
  const { value } = lenient(text);
  const fits =
    wanted === "list" ? Array.isArray(value) : typeof value === "object" && value !== null && !Array.isArray(value);
  return fits
    ? { value }
    : { error: wanted === "list" ? 'A list is needed, as in ["a", "b"].' : 'An object is needed, as in {"a": 1}.' };
}

function lenient(text: string): Read {
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return { value: text };
  }
}

export function shownInput(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

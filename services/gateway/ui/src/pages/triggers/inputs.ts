/**
 * The inputs a trigger gives: fields for what the workflow declares, as texts, and their values.
 *
 * A text with {{ … }} stays as it is: the Hub fills it in when the trigger fires.
 */

export interface DeclaredInput {
  name: string;
  type: string;
  required: boolean;
  description: string;
  default?: unknown;
}

interface ReadInputs {
  values: Record<string, unknown>;
  /** By the name of the input: what its text should be. */
  wrong: Record<string, string>;
}

export function declaredInputs(graph: unknown): DeclaredInput[] {
  const inputs = (graph as { inputs?: unknown } | null | undefined)?.inputs;
  if (!Array.isArray(inputs)) return [];
  return (inputs as Partial<DeclaredInput>[]).map((input) => ({
    name: input.name ?? "",
    type: input.type ?? "string",
    required: input.required ?? false,
    description: input.description ?? "",
    ...(input.default === undefined || input.default === null ? {} : { default: input.default }),
  }));
}

/** A stored value as the text of its field. */
export function shownInput(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Empty texts are left out, so that the defaults hold. What the workflow does not declare is read as JSON or text. */
export function readInputs(declared: readonly DeclaredInput[], texts: Readonly<Record<string, string>>): ReadInputs {
  const read: ReadInputs = { values: {}, wrong: {} };
  for (const [name, text] of Object.entries(texts)) {
    if (text === "") continue;
    const type = declared.find((input) => input.name === name)?.type ?? "any";
    if (text.includes("{{")) read.values[name] = text;
    else readOne(read, name, type, text);
  }
  return read;
}

function readOne(read: ReadInputs, name: string, type: string, text: string): void {
  switch (type) {
    case "number":
    case "integer": {
      const value = Number(text.replace(",", "."));
      if (!Number.isFinite(value)) read.wrong[name] = "A number, or {{ … }}.";
      else if (type === "integer" && !Number.isInteger(value)) read.wrong[name] = "A whole number, or {{ … }}.";
      else read.values[name] = value;
      return;
    }
    case "boolean":
      read.values[name] = text === "true";
      return;
    case "string":
      read.values[name] = text;
      return;
    default:
      try {
        read.values[name] = JSON.parse(text) as unknown;
      } catch {
        if (type === "object" || type === "array") read.wrong[name] = "JSON, or {{ … }}.";
        else read.values[name] = text;
      }
  }
}

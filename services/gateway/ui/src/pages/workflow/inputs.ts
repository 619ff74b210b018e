/** The inputs a graph declares, and what a person typed into their fields as values. */
import { Problem } from "~/api/problem";

export interface DeclaredInput {
  name: string;
  type: string;
  required: boolean;
  description: string;
  default?: unknown;
}

export function declaredInputs(graph: unknown): DeclaredInput[] {
  const inputs = (graph as { inputs?: unknown } | null)?.inputs;
  if (!Array.isArray(inputs)) return [];
  return (inputs as Partial<DeclaredInput>[]).map((input) => ({
    name: input.name ?? "",
    type: input.type ?? "string",
    required: input.required ?? false,
    description: input.description ?? "",
    ...(input.default === undefined || input.default === null ? {} : { default: input.default }),
  }));
}

/** Empty fields are left out, so that the defaults hold. Throws Problem for what is no value of the input's type. */
export function readInputs(
  inputs: readonly DeclaredInput[],
  typed: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const input of inputs) {
    const text = typed[input.name] ?? "";
    if (text !== "") values[input.name] = readValue(input, text);
  }
  return values;
}

function readValue(input: DeclaredInput, text: string): unknown {
  switch (input.type) {
    case "number":
    case "integer": {
      const value = Number(text.replace(",", "."));
      if (!Number.isFinite(value)) throw refusal(input, "a number");
      return value;
    }
    case "boolean":
      return text === "true";
    case "object":
    case "array":
    case "any":
      try {
        return JSON.parse(text) as unknown;
      } catch {
        if (input.type === "any") return text;
        throw refusal(input, "JSON");
      }
    default:
      return text;
  }
}

function refusal(input: DeclaredInput, wanted: string): Problem {
  return new Problem({ status: 422, detail: `${input.name} has to be ${wanted}.` });
}

/** What a fork changes: the variables a graph declares, and typed text as their values. */

export interface Variable {
  name: string;
  description: string;
}

export function declaredVariables(graph: unknown): Variable[] {
  const declared = (graph as { variables?: unknown } | undefined)?.variables;
  if (!Array.isArray(declared)) return [];
  return declared
    .filter(
      (one): one is { name: string; description?: unknown } => typeof (one as { name?: unknown })?.name === "string",
    )
    .map(({ name, description }) => ({ name, description: typeof description === "string" ? description : "" }));
}

/** Nothing typed leaves the recorded value. Text that reads as JSON is that value, any other is text. */
export function readEdits(typed: Readonly<Record<string, string>>): Record<string, unknown> {
  const edits: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(typed)) {
    if (text.trim() === "") continue;
    try {
      edits[name] = JSON.parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      edits[name] = text;
    }
  }
  return edits;
}

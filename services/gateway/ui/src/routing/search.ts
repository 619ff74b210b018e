/** What stands after the "?": plain words, so that an address can be read, typed and sent. */

export type Search = Record<string, string>;

export function parseSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Members without a value are left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** For a route's `validateSearch`: keeps the named members, drops what is not known. */
export function readSearch<Name extends string>(
  ...names: Name[]
): (search: Record<string, unknown>) => { [Key in Name]?: string } {
  return (search) => {
    const kept: { [Key in Name]?: string } = {};
    for (const name of names) {
      const value = search[name];
      if (typeof value === "string" && value) kept[name] = value;
    }
    return kept;
  };
}

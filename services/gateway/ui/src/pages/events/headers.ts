/** Headers as people type them: "Name: value", one a line. */

interface ReadHeaders {
  headers: Record<string, string>;
  /** What is wrong with the first line that is none. */
  wrong?: string;
}

export function readHeaders(text: string): ReadHeaders {
  const headers: Record<string, string> = {};
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim();
    if (!/^[A-Za-z0-9-]+$/.test(name)) return { headers, wrong: `Line ${index + 1}: write Name: value.` };
    headers[name] = line.slice(colon + 1).trim();
  }
  return { headers };
}

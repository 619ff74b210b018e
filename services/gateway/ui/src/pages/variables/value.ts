/** A variable's value as a person writes it: JSON, or plain text where it is none. */

/** Throws SyntaxError for what begins like an object or a list and is none. */
export function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (/^\s*[{["]/.test(text)) throw error;
    return text;
  }
}

/** What `readValue` reads as the same value. */
export function writeValue(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  return isPlain(value) ? value : JSON.stringify(value);
}

function isPlain(text: string): boolean {
  if (text.trim() === "") return false;
  try {
    return readValue(text) === text;
  } catch {
    return false;
  }
}

const MOST_SHOWN = 80;

/** In one line. */
export function shortValue(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 1)}…` : text;
}

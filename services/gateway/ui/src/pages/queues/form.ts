/** What the forms of queues and items read out of what was typed. */
import type { Queue } from "./queries";

export type QueueRules = Pick<
  Queue,
  "name" | "description" | "maxRetries" | "retryBackoffSeconds" | "leaseSeconds" | "onLost"
>;

/** Anything, or what is wrong with it. Nothing typed is nothing. */
export function readJson(text: string): { value: unknown; problem?: string } {
  if (!text.trim()) return { value: null };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { value: null, problem: "This is not JSON. Texts stand in double quotes." };
  }
}

/** An object, or what is wrong with it. */
export function readSchema(text: string): { schema?: Record<string, unknown>; problem?: string } {
  if (!text.trim()) return {};
  const { value, problem } = readJson(text);
  if (problem !== undefined) return { problem };
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { problem: 'Give an object such as {"type": "object"}.' };
  return { schema: value as Record<string, unknown> };
}

/** The code editor, loaded when it is needed first, also through a time when the Hub is away. */
import { lazy } from "react";

import type * as Editor from "./CodeEditor";

const FIRST_MILLISECONDS = 500;
const LONGEST_MILLISECONDS = 10_000;

let loading: Promise<typeof Editor> | null = null;

/** Begins to load, so that nobody waits when they reach for it. */
export function loadEditor(): Promise<typeof Editor> {
  loading ??= persist();
  return loading;
}

/** A plain field stands in meanwhile, so a failure is no reason to give up: the Hub comes back. */
async function persist(): Promise<typeof Editor> {
  for (let pause = FIRST_MILLISECONDS; ; pause = Math.min(2 * pause, LONGEST_MILLISECONDS)) {
    const editor = await import("./CodeEditor").catch(() => null);
    if (editor) return editor;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

export const CodeEditor = lazy(loadEditor);

/**
 * Keyboard shortcuts: one listener, and a list of what is on for the sheet that "?" opens.
 *
 * Keys are written "r", "?", "shift+enter", "mod+s" (Ctrl, or Cmd on a Mac), or as two keys in a row: "g d".
 */
import { useEffect, useEffectEvent } from "react";
import { create } from "zustand";

export interface Shortcut {
  keys: string;
  /** "Retry this execution". */
  label: string;
  /** The sheet's heading: "Everywhere", "Executions". */
  scope: string;
}

interface Registered extends Shortcut {
  act: (event: KeyboardEvent) => void;
}

const SEQUENCE_MILLISECONDS = 1_000;
const isMac = navigator.userAgent.includes("Mac");

const registered = new Set<Registered>();

export const useShortcutSheet = create<{ opened: boolean; shown: readonly Shortcut[] }>(() => ({
  opened: false,
  shown: [],
}));

export function openShortcuts(): void {
  useShortcutSheet.setState({ opened: true, shown: [...registered] });
}

/** On while the component is shown. In text fields only keys with a modifier act. */
export function useShortcut(
  keys: string,
  label: string,
  act: (event: KeyboardEvent) => void,
  options: { scope?: string; enabled?: boolean } = {},
): void {
  const { scope = "This page", enabled = true } = options;
  const latest = useEffectEvent(act);
  useEffect(() => {
    if (!enabled) return undefined;
    const shortcut: Registered = { keys, label, scope, act: (event) => latest(event) };
    registered.add(shortcut);
    return () => void registered.delete(shortcut);
  }, [keys, label, scope, enabled]);
}

/** "Ctrl K", "G D": for menus and the sheet. */
export function spellKeys(keys: string): string {
  const spell = (part: string) =>
    part
      .split("+")
      .map((key) =>
        key === "mod"
          ? isMac
            ? "⌘"
            : "Ctrl"
          : key.length === 1
            ? key.toUpperCase()
            : key.charAt(0).toUpperCase() + key.slice(1),
      )
      .join(" ");
  return keys.split(" ").map(spell).join(" ");
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function nameOf(event: KeyboardEvent): string {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const parts = [];
  if (isMac ? event.metaKey : event.ctrlKey) parts.push("mod");
  if (event.altKey) parts.push("alt");
  if (event.shiftKey && (key.length > 1 || parts.length > 0)) parts.push("shift");
  return [...parts, key].join("+");
}

let first = "";
let firstAt = 0;

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const key = nameOf(event);
  if (isTyping(event.target) && !key.startsWith("mod+")) return;
  // An open dialog has the keyboard to itself.
  if (!key.startsWith("mod+") && document.querySelector('[role="dialog"][aria-modal="true"]')) return;
  const sequence = Date.now() - firstAt < SEQUENCE_MILLISECONDS ? `${first} ${key}` : "";
  const found = [...registered].reverse().find((item) => item.keys === sequence || item.keys === key);
  first = key;
  firstAt = found ? 0 : Date.now();
  if (!found) return;
  event.preventDefault();
  found.act(event);
}

window.addEventListener("keydown", onKey);

/**
 * The palette's store, what is typed before its field has the focus, and what Enter takes in it.
 *
 * Spotlight marks its first action when the words change, not when what was found for them arrives; so a name typed
 * quickly would be found and Enter would do nothing.
 */
import { createSpotlight } from "@mantine/spotlight";
import { useEffect, useEffectEvent, useRef, type KeyboardEvent, type RefObject } from "react";

const FORWARDED: ReadonlySet<string> = new Set(["Enter", "ArrowDown", "ArrowUp"]);

export const [paletteStore, palette] = createSpotlight();

/**
 * Takes what is typed from the moment the palette opens. Its field gets the focus some frames later, and a dialog that
 * closes meanwhile takes it away again: letters would go to what lies below, and Enter would press it.
 */
export function useTypedAhead(
  opened: boolean,
  field: RefObject<HTMLInputElement | null>,
  add: (letter: string) => void,
): void {
  const onLetter = useEffectEvent(add);
  useEffect(() => {
    if (!opened) return;
    const take = (event: globalThis.KeyboardEvent) => {
      const input = field.current;
      if (input && document.activeElement === input) return;
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.key.length > 1 && !FORWARDED.has(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      input?.focus();
      if (event.key.length === 1) onLetter(event.key);
      else input?.dispatchEvent(new globalThis.KeyboardEvent("keydown", event));
    };
    window.addEventListener("keydown", take, { capture: true });
    return () => window.removeEventListener("keydown", take, { capture: true });
  }, [opened, field]);
}

function markFirst(list: HTMLElement): HTMLElement | undefined {
  const actions = list.querySelectorAll<HTMLElement>("[data-action]");
  for (const action of actions) action.removeAttribute("data-selected");
  const first = actions[0];
  first?.setAttribute("data-selected", "true");
  paletteStore.updateState((state) => ({ ...state, selected: first ? 0 : -1 }));
  return first;
}

/**
 * Keeps the first action marked until an arrow is pressed. Enter pressed before the Hub has answered (`settled` is
 * false) opens the first action as soon as it has.
 */
export function useFirstMarked(
  list: RefObject<HTMLElement | null>,
  shown: readonly string[],
  settled: boolean,
): { onType: () => void; onKeyDown: (event: KeyboardEvent) => void } {
  const moved = useRef(false);
  const entered = useRef(false);
  const actions = shown.join("\n");
  useEffect(() => {
    if (!list.current || moved.current) return;
    const first = markFirst(list.current);
    if (!settled || !entered.current) return;
    entered.current = false;
    first?.click();
  }, [list, actions, settled]);
  return {
    onType: () => {
      moved.current = false;
      entered.current = false;
    },
    onKeyDown: (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") moved.current = true;
      if (event.key !== "Enter" || settled || moved.current) return;
      // Spotlight acts on Enter by the key's code alone; what is marked now belongs to other words.
      list.current?.querySelector("[data-selected]")?.removeAttribute("data-selected");
      entered.current = true;
    },
  };
}

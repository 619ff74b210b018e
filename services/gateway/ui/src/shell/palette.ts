/**
 * The palette's store, and what Enter takes in it.
 *
 * Spotlight marks its first action when the words change, not when what was found for them arrives; so a name typed
 * quickly would be found and Enter would do nothing.
 */
import { createSpotlight } from "@mantine/spotlight";
import { useEffect, useRef, type KeyboardEvent, type RefObject } from "react";

export const [paletteStore, palette] = createSpotlight();

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

/** The turns of a loop as a strip, and which of them the nodes inside show. */
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { createContext, useContext } from "react";

import type { NodeFacts } from "./facts";
import classes from "./Turns.module.css";

/** Shows another turn of a loop; null stands where nothing can be chosen. */
export const TurnContext = createContext<((loop: string, turn: number) => void) | null>(null);

const MOST_SHOWN = 24;

interface TurnsProps {
  containerId: string;
  facts: NodeFacts;
  /** Whether there is room for one mark for each turn. */
  strip: boolean;
}

export function Turns({ containerId, facts, strip }: TurnsProps) {
  const show = useContext(TurnContext);
  const turns = facts.turns ?? [];
  const turn = facts.turn ?? turns.length - 1;
  if (turns.length === 0) return null;
  return (
    <span className={`${classes["turns"]} nodrag`}>
      {strip && turns.length <= MOST_SHOWN && (
        <span className={classes["strip"]} aria-hidden="true">
          {turns.map((status, index) => (
            <i key={index} data-status={status} data-shown={index === turn || undefined} />
          ))}
        </span>
      )}
      <button
        type="button"
        aria-label="Turn before"
        disabled={!show || turn <= 0}
        onClick={() => show?.(containerId, turn - 1)}
      >
        <IconChevronLeft size={14} aria-hidden="true" />
      </button>
      <span className="num">
        {turn + 1} of {turns.length}
      </span>
      <button
        type="button"
        aria-label="Turn after"
        disabled={!show || turn >= turns.length - 1}
        onClick={() => show?.(containerId, turn + 1)}
      >
        <IconChevronRight size={14} aria-hidden="true" />
      </button>
    </span>
  );
}

/**
 * New rows never move what somebody reads: while the list is held they gather, and are let in by a click.
 *
 * Rows that are shown keep their place and get their new content; those that are gone leave.
 */
import { useState } from "react";

interface Steady<Row> {
  rows: readonly Row[];
  /** New rows that wait. */
  gathered: number;
  letIn: () => void;
}

export function useSteadyRows<Row extends { id: string }>(
  fresh: readonly Row[],
  held: boolean,
  page: string,
): Steady<Row> {
  const [shown, setShown] = useState<{ page: string; ids: readonly string[] }>({ page: "", ids: [] });
  const known = new Set(shown.ids);
  const gathered = held && shown.page === page ? fresh.filter((row) => !known.has(row.id)) : [];
  const isSame =
    shown.page === page &&
    shown.ids.length === fresh.length &&
    fresh.every((row, index) => row.id === shown.ids[index]);
  const newest = fresh.map((row) => row.id);
  if (gathered.length === 0 && !isSame) setShown({ page, ids: newest });
  const letIn = () => setShown({ page, ids: newest });
  if (gathered.length === 0) return { rows: fresh, gathered: 0, letIn };
  return { rows: fresh.filter((row) => known.has(row.id)), gathered: gathered.length, letIn };
}

/** Saved views: named filters. Some come with the product, the others are kept in this browser. */
import { readLocalStorageValue, useLocalStorage } from "@mantine/hooks";

import type { Search } from "~/routing/search";

export interface View {
  name: string;
  search: Search;
  /** Made by the person, who may remove it. */
  own?: boolean;
}

const KEY = "exekra.executions.views";
const FILTERS = ["status", "workflowId", "runnerId", "since", "q"] as const;

export const BUILT_IN: readonly View[] = [
  { name: "All", search: {} },
  { name: "Failed and lost", search: { status: "FAILED,LOST" } },
  { name: "Live", search: { status: "ASSIGNED,RUNNING,STOPPING" } },
  { name: "Waiting", search: { status: "QUEUED" } },
];

/** The part of the address that is a view: without the page somebody has turned to. */
export function filtersOf(search: Search): Search {
  const filters: Search = {};
  for (const name of FILTERS) {
    const value = search[name];
    if (value) filters[name] = value;
  }
  return filters;
}

export function isSameView(left: Search, right: Search): boolean {
  return FILTERS.every((name) => (left[name] ?? "") === (right[name] ?? ""));
}

export function useOwnViews(): { own: readonly View[]; save: (view: View) => void; remove: (name: string) => void } {
  const [own, setOwn] = useLocalStorage<View[]>({
    key: KEY,
    defaultValue: readLocalStorageValue<View[]>({ key: KEY, defaultValue: [] }),
  });
  return {
    own,
    save: (view) => setOwn([...own.filter((one) => one.name !== view.name), { ...view, own: true }]),
    remove: (name) => setOwn(own.filter((one) => one.name !== name)),
  };
}

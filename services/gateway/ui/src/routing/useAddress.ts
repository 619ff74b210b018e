/** Filters and tabs live in the address: reading them, and changing some of them. */
import { useNavigate, useSearch } from "@tanstack/react-router";

import type { Search } from "./search";

type Change = Record<string, string | undefined>;

/**
 * What stands after the "?" of this page, and how to change it. An empty or undefined value removes the member.
 * Changes replace the entry in the history unless `push` is asked for: Back leaves the page, not the last keystroke.
 */
export function useAddress(): [Search, (change: Change, options?: { push?: boolean }) => void] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const change = (change: Change, options: { push?: boolean } = {}) => {
    void navigate({
      to: ".",
      search: (previous: Search) => {
        const next: Search = {};
        for (const [name, value] of Object.entries({ ...previous, ...change })) if (value) next[name] = value;
        return next as never;
      },
      replace: !options.push,
      resetScroll: false,
    });
  };
  return [search, change];
}

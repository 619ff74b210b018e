/** What waits for the person, as counts beside the places of the side bar. */
import { useQuery } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { useFresh } from "~/live/useFresh";

const COUNTED = 100;
const KEY = ["approvals", "waiting"] as const;

export interface Badge {
  /** "3", or "99+". */
  text: string;
  /** "3 questions wait for you", for those who do not see the number. */
  words: string;
}

/** By the place's address; no entry where nothing waits. */
export function useBadges(): Readonly<Record<string, Badge>> {
  const decides = useMay("approval:decide");
  const { data = 0 } = useQuery({
    queryKey: KEY,
    queryFn: async () => {
      const query = { status: "pending" as const, limit: COUNTED };
      const { items } = await unwrap(api.GET("/api/approvals", { params: { query } }));
      return items.filter((approval) => approval.mayDecide).length;
    },
    enabled: decides,
    refetchInterval: usePolling(),
  });
  useFresh(decides ? "executions" : null, KEY);
  if (data === 0) return {};
  const text = data >= COUNTED ? "99+" : String(data);
  return {
    "/approvals": { text, words: data === 1 ? "1 question waits for you" : `${text} questions wait for you` },
  };
}

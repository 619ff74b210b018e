/** What the pages of runners ask for. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

export type Runner = Schema<"RunnerShape">;
export type RunnerMetrics = Schema<"RunnerMetrics">;

export const RUNNERS = ["runners"] as const;
const MOST = 200;

export function runnersQuery(q: string, state: string) {
  const query = { limit: MOST, ...(q ? { q } : {}), ...(state ? { state: state as Runner["state"] } : {}) };
  return queryOptions({
    queryKey: [...RUNNERS, "list", query],
    queryFn: ({ signal }) => unwrap(api.GET("/api/runners", { params: { query }, signal })),
  });
}

export function runnerQuery(runnerId: string) {
  return queryOptions({
    queryKey: [...RUNNERS, "one", runnerId],
    queryFn: async () => (await unwrap(api.GET("/api/runners/{runnerId}", { params: { path: { runnerId } } }))).runner,
  });
}

/** Measurements of the last so many minutes. */
export function metricsQuery(runnerId: string, minutes: number) {
  return queryOptions({
    queryKey: [...RUNNERS, "metrics", runnerId, minutes],
    queryFn: async () => {
      const from = new Date(Date.now() - minutes * 60_000).toISOString();
      return (
        await unwrap(api.GET("/api/runners/{runnerId}/metrics", { params: { path: { runnerId }, query: { from } } }))
      ).items;
    },
    staleTime: 20_000,
    refetchInterval: 30_000,
  });
}

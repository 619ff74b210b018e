/** What the dashboard asks for. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

export type Dashboard = Schema<"Dashboard">;

export const RANGES = [
  { value: "1", label: "1 h" },
  { value: "24", label: "24 h" },
  { value: "168", label: "7 d" },
  { value: "720", label: "30 d" },
];
export const DEFAULT_RANGE = "24";

export function dashboardQuery(hours: number) {
  return queryOptions({
    queryKey: ["dashboard", hours],
    queryFn: ({ signal }) => unwrap(api.GET("/api/dashboard", { params: { query: { hours } }, signal })),
  });
}

export function countOf(dashboard: Dashboard, ...statuses: string[]): { count: number; more: boolean } {
  const found = dashboard.executions.filter((one) => statuses.includes(one.status));
  return { count: found.reduce((sum, one) => sum + one.count, 0), more: found.some((one) => one.more) };
}

/** Lists of executions. Keys begin with "executions", so that one word makes them all fresh. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";
import type { ExecutionStatus } from "~/shared/Status";

export interface ExecutionFilters {
  workflowId?: string | undefined;
  runnerId?: string | undefined;
  status?: readonly ExecutionStatus[];
  from?: string | undefined;
  to?: string | undefined;
  q?: string | undefined;
  cursor?: string | undefined;
  limit?: number;
}

export type ExecutionPage = Schema<"ExecutionPage">;

export const EXECUTIONS = ["executions"] as const;

export function executionsQuery(filters: ExecutionFilters) {
  return queryOptions({
    queryKey: [...EXECUTIONS, filters],
    queryFn: ({ signal }) => unwrap(api.GET("/api/executions", { params: { query: asQuery(filters) }, signal })),
  });
}

function asQuery({ status = [], ...rest }: ExecutionFilters) {
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined && value !== ""));
  return { ...given, ...(status.length > 0 ? { status: [...status] } : {}) };
}

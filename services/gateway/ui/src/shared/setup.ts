/** How far the setting up of a new Hub is; what a person may not see counts as none of their business. */
import { queryOptions, useQuery } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import { useMay, useMe } from "~/api/session";

import { executionsQuery } from "./executions/queries";

const FRESH = 5_000;

export interface Setup {
  /** Of the person's own; the record of changes is the administrator's to read. */
  password: boolean;
  runner: boolean;
  ran: boolean;
}

const connectedQuery = queryOptions({
  queryKey: ["runners", "setup"],
  queryFn: async () =>
    (await unwrap(api.GET("/api/runners", { params: { query: { limit: 200 } } }))).items.filter(
      (runner) => runner.state !== "OFFLINE",
    ),
  staleTime: FRESH,
});

/** Undefined until it is known. Asked only of those who set a Hub up: who may manage runners and read the audit. */
export function useSetup(refetchInterval: number | false = false): Setup | undefined {
  const { user } = useMe();
  const [manages, audits] = [useMay("runner:manage"), useMay("audit:view")];
  const enabled = manages && audits;
  const runners = useQuery({ ...connectedQuery, enabled, refetchInterval });
  const executions = useQuery({ ...executionsQuery({ limit: 1 }), enabled, staleTime: FRESH });
  const changes = useQuery({
    queryKey: ["setup", "password", user.id],
    queryFn: () =>
      unwrap(
        api.GET("/api/audit", {
          params: { query: { action: "user.password_changed", resource: user.id, limit: 1 } },
        }),
      ),
    enabled,
    staleTime: FRESH,
  });
  if (!runners.data || !executions.data || !changes.data) return undefined;
  return {
    password: changes.data.items.length > 0,
    runner: runners.data.length > 0,
    ran: executions.data.items.length > 0,
  };
}

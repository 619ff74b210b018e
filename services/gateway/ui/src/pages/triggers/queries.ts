/** What the pages of triggers ask for. Every key begins with "triggers", so that one word makes them all fresh. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

export type Trigger = Schema<"TriggerShape">;
export type Fire = Schema<"FireShape">;
export type Delivery = Schema<"DeliverySummary">;
export type Rejection = Schema<"RejectionShape">;
export type Breaker = Schema<"Breaker">;
export type Kind = Trigger["kind"];

export const TRIGGERS = ["triggers"] as const;
const PAGE = 25;
const DOTS = 10;

export interface TriggerFilters {
  q: string;
  kind: string;
  enabled: string;
  workflowId: string;
  cursor: string;
}

export function triggersQuery({ q, kind, enabled, workflowId, cursor }: TriggerFilters) {
  const query = {
    limit: PAGE,
    ...(q && { q }),
    ...(kind && { kind: kind as Kind }),
    ...(enabled && { enabled: enabled === "on" }),
    ...(workflowId && { workflowId }),
    ...(cursor && { cursor }),
  };
  return queryOptions({
    queryKey: [...TRIGGERS, "list", query],
    queryFn: ({ signal }) => unwrap(api.GET("/api/triggers", { params: { query }, signal })),
  });
}

export function triggerQuery(triggerId: string) {
  return queryOptions({
    queryKey: [...TRIGGERS, "one", triggerId],
    queryFn: async () =>
      (await unwrap(api.GET("/api/triggers/{triggerId}", { params: { path: { triggerId } } }))).trigger,
  });
}

export interface FireFilters {
  outcome: readonly string[];
  from: string;
  to: string;
  cursor: string;
  limit: number;
}

export function firesQuery(triggerId: string, { outcome, from, to, cursor, limit }: FireFilters) {
  const query = {
    limit,
    ...(outcome.length > 0 && { outcome: [...outcome] as Fire["outcome"][] }),
    ...(from && { from }),
    ...(to && { to }),
    ...(cursor && { cursor }),
  };
  return queryOptions({
    queryKey: [...TRIGGERS, "fires", triggerId, query],
    queryFn: () => unwrap(api.GET("/api/triggers/{triggerId}/fires", { params: { path: { triggerId }, query } })),
  });
}

export function deliveriesQuery(triggerId: string, outcome: readonly string[], cursor: string, limit: number) {
  const query = {
    limit,
    ...(outcome.length > 0 && { outcome: [...outcome] as Delivery["outcome"][] }),
    ...(cursor && { cursor }),
  };
  return queryOptions({
    queryKey: [...TRIGGERS, "deliveries", triggerId, query],
    queryFn: () => unwrap(api.GET("/api/triggers/{triggerId}/deliveries", { params: { path: { triggerId }, query } })),
  });
}

export function deliveryQuery(deliveryId: string) {
  return queryOptions({
    queryKey: [...TRIGGERS, "delivery", deliveryId],
    queryFn: async () =>
      (await unwrap(api.GET("/api/deliveries/{deliveryId}", { params: { path: { deliveryId } } }))).delivery,
    staleTime: Infinity,
  });
}

export function rejectionsQuery(triggerId: string) {
  return queryOptions({
    queryKey: [...TRIGGERS, "rejections", triggerId],
    queryFn: () => unwrap(api.GET("/api/triggers/{triggerId}/rejections", { params: { path: { triggerId } } })),
  });
}

export function breakerQuery(triggerId: string) {
  return queryOptions({
    queryKey: [...TRIGGERS, "breaker", triggerId],
    queryFn: async () =>
      (await unwrap(api.GET("/api/triggers/{triggerId}/breaker", { params: { path: { triggerId } } }))).breaker,
  });
}

export function examplesQuery(triggerId: string, etag: string) {
  return queryOptions({
    queryKey: [...TRIGGERS, "examples", triggerId, etag],
    queryFn: () => unwrap(api.GET("/api/triggers/{triggerId}/examples", { params: { path: { triggerId } } })),
  });
}

/** One thing a trigger did lately: a fire or a delivery, and the execution it came to. */
export interface Happening {
  key: string;
  at: string;
  outcome: string;
  executionId: string | null;
  /** Of the execution, once it is known. */
  status: Schema<"ExecutionShape">["status"] | null;
}

/** The last ones, newest first. */
export function happeningsQuery(trigger: Pick<Trigger, "id" | "kind">) {
  return queryOptions({
    queryKey: [...TRIGGERS, "happenings", trigger.id],
    queryFn: () => readHappenings(trigger),
    staleTime: 10_000,
  });
}

async function readHappenings({ id, kind }: Pick<Trigger, "id" | "kind">): Promise<Happening[]> {
  const path = { triggerId: id };
  const query = { limit: DOTS };
  const [rows, executions] = await Promise.all([
    kind === "schedule"
      ? unwrap(api.GET("/api/triggers/{triggerId}/fires", { params: { path, query } })).then((page) =>
          page.items.map((fire) => ({ ...fire, key: fire.fireAt, at: fire.fireAt })),
        )
      : unwrap(api.GET("/api/triggers/{triggerId}/deliveries", { params: { path, query } })).then((page) =>
          page.items.map((delivery) => ({ ...delivery, key: delivery.id, at: delivery.receivedAt })),
        ),
    unwrap(api.GET("/api/executions", { params: { query: { triggerId: id, limit: 2 * DOTS } } })),
  ]);
  const statuses = new Map(executions.items.map((execution) => [execution.id, execution.status]));
  return rows.map(({ key, at, outcome, executionId }) => ({
    key,
    at,
    outcome,
    executionId,
    status: (executionId && statuses.get(executionId)) || null,
  }));
}

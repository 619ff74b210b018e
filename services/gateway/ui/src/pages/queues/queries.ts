/** What the pages of work queues ask for. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

export type Queue = Schema<"QueueShape">;
export type QueueStatistics = Schema<"QueueStatistics">;
export type Item = Schema<"ItemShape">;
export type ItemAttempt = Schema<"ItemAttempt">;
export type ItemStatus = Item["status"];

export const QUEUES = ["queues"] as const;
const MOST = 200;

export function queuesQuery(q: string) {
  return queryOptions({
    queryKey: [...QUEUES, "list", q],
    queryFn: async () =>
      (await unwrap(api.GET("/api/queues", { params: { query: { limit: MOST, ...(q && { q }) } } }))).items,
  });
}

export function queueQuery(queueId: string) {
  return queryOptions({
    queryKey: [...QUEUES, "one", queueId],
    queryFn: async () => (await unwrap(api.GET("/api/queues/{queueId}", { params: { path: { queueId } } }))).queue,
  });
}

export function statisticsQuery(queueId: string) {
  return queryOptions({
    queryKey: [...QUEUES, "statistics", queueId],
    queryFn: () => unwrap(api.GET("/api/queues/{queueId}/statistics", { params: { path: { queueId } } })),
  });
}

export function itemsQuery(queueId: string, statuses: readonly ItemStatus[], reference: string, cursor: string) {
  return queryOptions({
    queryKey: [...QUEUES, "items", queueId, statuses, reference, cursor],
    queryFn: () =>
      unwrap(
        api.GET("/api/queues/{queueId}/items", {
          params: {
            path: { queueId },
            query: {
              ...(statuses.length > 0 && { status: [...statuses] }),
              ...(reference && { reference }),
              ...(cursor && { cursor }),
            },
          },
        }),
      ),
  });
}

export function itemQuery(queueId: string, itemId: string) {
  return queryOptions({
    queryKey: [...QUEUES, "item", itemId],
    queryFn: () => unwrap(api.GET("/api/queues/{queueId}/items/{itemId}", { params: { path: { queueId, itemId } } })),
  });
}

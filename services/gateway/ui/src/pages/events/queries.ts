/** What the pages of event endpoints and notification rules ask for. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

export type Endpoint = Schema<"EventEndpointShape">;
export type Delivery = Schema<"EventDeliveryShape">;
export type Attempt = Schema<"EventDeliveryAttempt">;
export type Rule = Schema<"NotificationRuleShape">;

export const ENDPOINTS = ["event-endpoints"] as const;
export const RULES = ["notification-rules"] as const;
const SHOWN = 50;

export const endpointsQuery = queryOptions({
  queryKey: [...ENDPOINTS, "list"],
  queryFn: async () => (await unwrap(api.GET("/api/event-endpoints"))).items,
});

export function endpointQuery(endpointId: string) {
  return queryOptions({
    queryKey: [...ENDPOINTS, "one", endpointId],
    queryFn: async () =>
      (await unwrap(api.GET("/api/event-endpoints/{endpointId}", { params: { path: { endpointId } } }))).endpoint,
  });
}

export function deliveriesQuery(endpointId: string, status: readonly string[], type: string, cursor: string) {
  const query = {
    limit: SHOWN,
    ...(status.length > 0 && { status: [...status] as Delivery["status"][] }),
    ...(type && { eventType: type }),
    ...(cursor && { cursor }),
  };
  return queryOptions({
    queryKey: [...ENDPOINTS, "deliveries", endpointId, query],
    queryFn: () =>
      unwrap(api.GET("/api/event-endpoints/{endpointId}/deliveries", { params: { path: { endpointId }, query } })),
  });
}

export function deliveryQuery(endpointId: string, deliveryId: string) {
  return queryOptions({
    queryKey: [...ENDPOINTS, "delivery", endpointId, deliveryId],
    queryFn: () =>
      unwrap(
        api.GET("/api/event-endpoints/{endpointId}/deliveries/{deliveryId}", {
          params: { path: { endpointId, deliveryId } },
        }),
      ),
  });
}

export const eventTypesQuery = queryOptions({
  queryKey: ["event-types"],
  queryFn: async () => (await unwrap(api.GET("/api/event-types"))).items,
  staleTime: Infinity,
});

export const rulesQuery = queryOptions({
  queryKey: [...RULES, "list"],
  queryFn: () => unwrap(api.GET("/api/notification-rules")),
});

/** Whether the Hub gives work out, and who holds it back why. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

export type Dispatch = Schema<"DispatchShape">;

export const dispatchQuery = queryOptions({
  queryKey: ["dispatch"],
  queryFn: async () => (await unwrap(api.GET("/api/dispatch"))).dispatch,
  staleTime: 5_000,
});

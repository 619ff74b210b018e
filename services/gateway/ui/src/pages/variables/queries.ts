/** What the page of global variables asks for. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

export type Variable = Schema<"VariableShape">;

export const VARIABLES = ["variables"] as const;
const MOST = 200;

export function variablesQuery(q: string) {
  return queryOptions({
    queryKey: [...VARIABLES, q],
    queryFn: async () =>
      (await unwrap(api.GET("/api/variables", { params: { query: { limit: MOST, ...(q && { q }) } } }))).items,
  });
}

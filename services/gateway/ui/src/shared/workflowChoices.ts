/** Workflows by name, for fields that choose some of them. One query for all pages: its shape is the same everywhere. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";

const MOST = 200;

export const workflowChoicesQuery = queryOptions({
  queryKey: ["workflows", "choices"],
  queryFn: async () =>
    (await unwrap(api.GET("/api/workflows", { params: { query: { limit: MOST } } }))).items.map(({ id, name }) => ({
      value: id,
      label: name,
    })),
  staleTime: 30_000,
});

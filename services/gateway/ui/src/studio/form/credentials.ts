/** The credentials there are, as the Studio offers them: names of fields, never values. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";

export interface NamedCredential {
  name: string;
  fields: readonly string[];
}

const MOST = 200;

export const namedCredentialsQuery = queryOptions({
  queryKey: ["credentials", "", "named"],
  queryFn: async (): Promise<NamedCredential[]> =>
    (await unwrap(api.GET("/api/credentials", { params: { query: { limit: MOST } } }))).items.map(
      ({ name, fields }) => ({ name, fields }),
    ),
  staleTime: 10_000,
  retry: false,
});

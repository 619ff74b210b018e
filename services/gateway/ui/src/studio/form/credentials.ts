/** The credentials there are, as the Studio offers them: names of fields, never values. */
import { queryOptions, useQuery } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";

export interface NamedCredential {
  name: string;
  fields: readonly string[];
}

const MOST = 200;

const namedCredentialsQuery = queryOptions({
  queryKey: ["credentials", "", "named"],
  queryFn: async (): Promise<NamedCredential[]> =>
    (await unwrap(api.GET("/api/credentials", { params: { query: { limit: MOST } } }))).items.map(
      ({ name, fields }) => ({ name, fields }),
    ),
  staleTime: 10_000,
});

/** None while they are unknown, and for who may look at workflows alone. */
export function useNamedCredentials(): readonly NamedCredential[] | undefined {
  return useQuery({ ...namedCredentialsQuery, enabled: useMay("credential:view") }).data;
}

/** What the vault's page asks for. No answer holds a value. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

export type Credential = Schema<"CredentialShape">;
export type Kind = Credential["kind"];

export const CREDENTIALS = ["credentials"] as const;
const MOST = 200;

export function credentialsQuery(q: string) {
  return queryOptions({
    queryKey: [...CREDENTIALS, q],
    queryFn: async () =>
      (await unwrap(api.GET("/api/credentials", { params: { query: { limit: MOST, ...(q && { q }) } } }))).items,
  });
}

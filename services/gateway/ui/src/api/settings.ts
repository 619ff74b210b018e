/** What is set for the whole installation. The shell loads it before its first page. */
import { queryOptions, useQuery } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "./client";

export type Settings = Schema<"SettingsShape">;

const UNNAMED = "Exekra Hub";

export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: async () => (await unwrap(api.GET("/api/settings"))).settings,
  staleTime: 60_000,
  // Pages come without it, too.
  retry: false,
});

/** Tells this Hub from others, in the title of every page. */
export function useInstallationName(): string {
  // Only looked up: pages for nobody (no such address) must not ask what only people who are signed in may know.
  const { data } = useQuery({ ...settingsQuery, enabled: false });
  return data?.installationName ?? UNNAMED;
}

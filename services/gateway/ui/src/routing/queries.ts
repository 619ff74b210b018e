/** How server state is kept: shown at once, asked again when it changed, tried again only when that can help. */
import { QueryClient } from "@tanstack/react-query";

import { asProblem } from "~/api/problem";

const RETRIES = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) => asProblem(error).passing && failures < RETRIES,
      retryDelay: (failures) => Math.min(500 * 2 ** failures, 4_000),
    },
    mutations: { retry: false },
  },
});

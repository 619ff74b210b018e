/** How far the setting up of a new Hub is; what a person may not see counts as none of their business. */
import { queryOptions, useQuery } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import { useMay, useMe } from "~/api/session";

/** A runner that connects, or the first execution, appears by itself. */
const LOOK_MILLISECONDS = 3_000;

export interface Setup {
  /** Of the person's own. */
  password: boolean;
  runner: boolean;
  ran: boolean;
}

const setupQuery = (userId: string, toTheEnd: boolean) =>
  queryOptions({
    queryKey: ["setup", userId],
    queryFn: async () => (await unwrap(api.GET("/api/setup"))).setup,
    refetchInterval: ({ state: { data } }) => {
      const done = data?.executionStarted && (!toTheEnd || (data.passwordChanged && data.runnerConnected));
      return done ? false : LOOK_MILLISECONDS;
    },
  });

/** Whether the person sets a Hub up: who may change its settings. */
export function useSetsUp(): boolean {
  return useMay("settings:edit");
}

/** Undefined until it is known, and for those who do not set a Hub up. Asked until something ran, or `toTheEnd`. */
export function useSetup(toTheEnd = false): Setup | undefined {
  const { user } = useMe();
  const { data } = useQuery({ ...setupQuery(user.id, toTheEnd), enabled: useSetsUp() });
  return data && { password: data.passwordChanged, runner: data.runnerConnected, ran: data.executionStarted };
}

/** Who is signed in and what they may do. */
import { queryOptions, useQuery, type QueryClient } from "@tanstack/react-query";

import { api, setCsrfToken, unwrap, type Schema } from "./client";
import { Problem } from "./problem";

export type Me = Schema<"Me">;

const KEY = ["me"];

export const meQuery = queryOptions({
  queryKey: KEY,
  queryFn: async (): Promise<Me | null> => {
    try {
      return keep(await unwrap(api.GET("/api/auth/me")));
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

function keep(me: Me): Me {
  setCsrfToken(me.csrfToken);
  return me;
}

export async function signIn(client: QueryClient, email: string, password: string): Promise<void> {
  const me = await unwrap(api.POST("/api/auth/login", { body: { email, password } }));
  client.clear();
  client.setQueryData(KEY, keep(me));
}

export async function signOut(client: QueryClient): Promise<void> {
  await unwrap(api.POST("/api/auth/logout"));
  forgetPerson(client);
}

/** The session is over: nothing that was read with it stays. */
export function forgetPerson(client: QueryClient): void {
  setCsrfToken("");
  client.clear();
  client.setQueryData(KEY, null);
}

/** The person; only for what is shown inside the shell, where somebody is signed in. */
export function useMe(): Me {
  const { data } = useQuery(meQuery);
  if (!data) throw new Error("nobody is signed in here");
  return data;
}

/** Whether the person may do it ("workflow:edit"). What they may not do is not offered. */
export function useMay(permission: string): boolean {
  return useMe().permissions.includes(permission);
}

/** The two routes every page hangs under: the bare root, and the shell for people who are signed in. */
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";

import { meQuery } from "~/api/session";
import { settingsQuery } from "~/api/settings";

import { Crashed, NotFound } from "./Fallbacks";

export interface RouterContext {
  client: QueryClient;
}

declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    /** The page wants the room: the side bar folds to a rail. */
    rail?: boolean;
  }
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: Crashed,
});

export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  component: lazyRouteComponent(() => import("~/shell/Shell"), "Shell"),
  beforeLoad: async ({ context, location }) => {
    const me = await context.client.ensureQueryData(meQuery);
    if (!me) throw redirect({ to: "/sign-in", search: { next: location.href } });
    // Titles and new schedules begin with it; without it they begin with what holds where nothing is set.
    await context.client.ensureQueryData(settingsQuery).catch(() => undefined);
  },
});

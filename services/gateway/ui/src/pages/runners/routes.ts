import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const runnersRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/runners",
    validateSearch: readSearch("q", "state", "new"),
    component: lazyRouteComponent(() => import("./RunnersPage"), "RunnersPage"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/runners/$runnerId",
    validateSearch: readSearch("cursor"),
    component: lazyRouteComponent(() => import("./RunnerPage"), "RunnerPage"),
  }),
];

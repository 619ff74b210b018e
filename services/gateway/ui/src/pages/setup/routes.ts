import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";

export const setupRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/setup",
    component: lazyRouteComponent(() => import("./SetupPage"), "SetupPage"),
  }),
];

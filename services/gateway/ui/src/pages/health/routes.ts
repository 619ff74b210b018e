import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";

export const healthRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/health",
    component: lazyRouteComponent(() => import("./HealthPage"), "HealthPage"),
  }),
];

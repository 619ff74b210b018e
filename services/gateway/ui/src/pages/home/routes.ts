import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const homeRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/",
    validateSearch: readSearch("hours"),
    component: lazyRouteComponent(() => import("./DashboardPage"), "DashboardPage"),
  }),
];

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const executionsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/executions",
    validateSearch: readSearch("status", "workflowId", "runnerId", "since", "q", "cursor"),
    component: lazyRouteComponent(() => import("./ExecutionsPage"), "ExecutionsPage"),
  }),
];

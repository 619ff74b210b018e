import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const workflowsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/workflows",
    validateSearch: readSearch("q", "tag", "cursor", "new"),
    component: lazyRouteComponent(() => import("./WorkflowsPage"), "WorkflowsPage"),
  }),
];

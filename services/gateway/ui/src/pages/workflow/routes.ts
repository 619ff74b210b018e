import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const workflowRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/workflows/$workflowId",
    // from, to: the versions that are compared.
    validateSearch: readSearch("tab", "from", "to", "cursor"),
    component: lazyRouteComponent(() => import("./WorkflowPage"), "WorkflowPage"),
  }),
];

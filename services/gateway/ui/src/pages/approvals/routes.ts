import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const approvalsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/approvals",
    validateSearch: readSearch("status", "cursor"),
    component: lazyRouteComponent(() => import("./ApprovalsPage"), "ApprovalsPage"),
  }),
];

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const auditRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/audit",
    validateSearch: readSearch("actor", "action", "resource", "since", "cursor", "entry"),
    component: lazyRouteComponent(() => import("./AuditPage"), "AuditPage"),
  }),
];

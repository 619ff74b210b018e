import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const eventsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/event-endpoints",
    validateSearch: readSearch("new"),
    component: lazyRouteComponent(() => import("./EndpointsPage"), "EndpointsPage"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/event-endpoints/$endpointId",
    // delivery: the one that is open.
    validateSearch: readSearch("status", "type", "cursor", "delivery"),
    component: lazyRouteComponent(() => import("./EndpointPage"), "EndpointPage"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/notification-rules",
    // edit: the rule that is open, or "new".
    validateSearch: readSearch("edit"),
    component: lazyRouteComponent(() => import("./RulesPage"), "RulesPage"),
  }),
];

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const triggersRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/triggers",
    validateSearch: readSearch("q", "kind", "enabled", "workflow", "cursor"),
    component: lazyRouteComponent(() => import("./TriggersPage"), "TriggersPage"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/triggers/new",
    validateSearch: readSearch("kind", "workflow"),
    component: lazyRouteComponent(() => import("./NewTriggerPage"), "NewTriggerPage"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/triggers/$triggerId",
    // delivery: the one that is open; from, to: what the ledger is narrowed to.
    validateSearch: readSearch("tab", "outcome", "cursor", "delivery", "from", "to"),
    component: lazyRouteComponent(() => import("./TriggerPage"), "TriggerPage"),
  }),
];

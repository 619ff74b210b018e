import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const queuesRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/queues",
    validateSearch: readSearch("q", "new"),
    component: lazyRouteComponent(() => import("./QueuesPage"), "QueuesPage"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/queues/$queueId",
    // status, q (beginning of the reference) and cursor: which items are shown.
    validateSearch: readSearch("status", "q", "cursor"),
    component: lazyRouteComponent(() => import("./QueuePage"), "QueuePage"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/queues/$queueId/items/$itemId",
    component: lazyRouteComponent(() => import("./ItemPage"), "ItemPage"),
  }),
];

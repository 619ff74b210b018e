import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const executionRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/executions/$executionId",
    // tab: which part; run: a node run's number; turns: which turn of which loop; q, level, line: the log.
    validateSearch: readSearch("tab", "run", "turns", "q", "level", "line"),
    component: lazyRouteComponent(() => import("./ExecutionPage"), "ExecutionPage"),
  }),
];

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const variablesRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/variables",
    validateSearch: readSearch("q", "new"),
    component: lazyRouteComponent(() => import("./VariablesPage"), "VariablesPage"),
  }),
];

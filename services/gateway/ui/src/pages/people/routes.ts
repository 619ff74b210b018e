import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const peopleRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/users",
    validateSearch: readSearch("q", "cursor", "new"),
    component: lazyRouteComponent(() => import("./UsersPage"), "UsersPage"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/api-keys",
    validateSearch: readSearch("new", "cursor"),
    component: lazyRouteComponent(() => import("./ApiKeysPage"), "ApiKeysPage"),
  }),
];

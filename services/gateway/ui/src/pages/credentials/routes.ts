import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const credentialsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/credentials",
    validateSearch: readSearch("q", "new"),
    component: lazyRouteComponent(() => import("./CredentialsPage"), "CredentialsPage"),
  }),
];

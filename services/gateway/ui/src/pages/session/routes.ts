import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { rootRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const sessionRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/sign-in",
    validateSearch: readSearch("next"),
    component: lazyRouteComponent(() => import("./SignInPage"), "SignInPage"),
  }),
];

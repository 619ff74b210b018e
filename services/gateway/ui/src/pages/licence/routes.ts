import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";

export const licenceRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/licence",
    component: lazyRouteComponent(() => import("./LicencePage"), "LicencePage"),
  }),
];

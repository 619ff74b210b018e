import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const studioRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/workflows/$workflowId/studio",
    staticData: { rail: true },
    validateSearch: readSearch("node", "tab", "execution", "version"),
    component: lazyRouteComponent(() => import("./StudioPage"), "StudioPage"),
  }),
];

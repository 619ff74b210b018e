import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shellRoute } from "~/routing/roots";
import { readSearch } from "~/routing/search";

export const calendarsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/calendars",
    validateSearch: readSearch("q", "new"),
    component: lazyRouteComponent(() => import("./CalendarsPage"), "CalendarsPage"),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: "/calendars/$calendarId",
    validateSearch: readSearch("year"),
    component: lazyRouteComponent(() => import("./CalendarPage"), "CalendarPage"),
  }),
];

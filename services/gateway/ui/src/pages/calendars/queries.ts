/** What the pages of calendars ask for. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

export type Calendar = Schema<"CalendarShape">;
export type CalendarDay = Schema<"CalendarDay">;

export const CALENDARS = ["calendars"] as const;
const MOST = 200;

export function calendarsQuery(q: string) {
  return queryOptions({
    queryKey: [...CALENDARS, "list", q],
    queryFn: async () =>
      (await unwrap(api.GET("/api/calendars", { params: { query: { limit: MOST, ...(q && { q }) } } }))).items,
  });
}

export function calendarQuery(calendarId: string) {
  return queryOptions({
    queryKey: [...CALENDARS, "one", calendarId],
    queryFn: async () =>
      (await unwrap(api.GET("/api/calendars/{calendarId}", { params: { path: { calendarId } } }))).calendar,
  });
}

/** Every day of a year. */
export function daysQuery(calendarId: string, year: number) {
  return queryOptions({
    queryKey: [...CALENDARS, "days", calendarId, year],
    queryFn: async () =>
      (
        await unwrap(
          api.GET("/api/calendars/{calendarId}/days", {
            params: { path: { calendarId }, query: { from: `${year}-01-01`, to: `${year}-12-31` } },
          }),
        )
      ).items,
  });
}

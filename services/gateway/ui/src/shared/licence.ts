/** The licence in force, and what to say of it while it nears its end. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

import { formatDay, plural } from "./format";

export type Licence = Schema<"LicenseShape">;

const DAY = 86_400_000;
const WARNED_DAYS = 30;

export const licenceQuery = queryOptions({
  queryKey: ["licence"],
  queryFn: async () => (await unwrap(api.GET("/api/license"))).license,
  staleTime: 60_000,
});

/** Null while there is nothing to worry about. */
export function licenceWarning(licence: Licence, now: number): string | null {
  if (licence.state === "grace")
    return "The licence has ended and is in its days of grace. Work goes on; renew it soon.";
  if (licence.state === "expired")
    return "The licence has ended. What is scheduled goes on; nothing new can be added until it is renewed.";
  if (!licence.expiresAt) return null;
  const expires = new Date(licence.expiresAt);
  const days = Math.ceil((expires.getTime() - now) / DAY);
  if (days > WARNED_DAYS) return null;
  return `The licence ends on ${formatDay(expires)}, in ${plural(Math.max(days, 0), "day")}. After that nothing stops; new runners cannot be added.`;
}

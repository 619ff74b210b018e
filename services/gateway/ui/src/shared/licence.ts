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
  if (licence.problem) return licence.problem;
  const { state } = licence;
  if (state === "grace")
    return `The licence has ended. Nothing changes until ${dayOf(licence.graceUntil)}; from then on nothing can be added until a new one is installed.`;
  if (state === "frozen")
    return `The licence has ended. What runs and what is scheduled goes on; no runner or trigger can be added and no workflow edited until a new one is installed. From ${dayOf(licence.frozenUntil)} on the limits of the community edition hold.`;
  if (state === "expired")
    return `The licence ended on ${dayOf(licence.expiresAt)}: the limits of the community edition hold until a new one is installed.`;
  if (!licence.expiresAt) return null;
  const expires = new Date(licence.expiresAt);
  const days = Math.ceil((expires.getTime() - now) / DAY);
  if (days > WARNED_DAYS) return null;
  return `The licence ends on ${formatDay(expires)}, in ${plural(Math.max(days, 0), "day")}. Nothing stops then: two weeks are left to install a new one.`;
}

function dayOf(at: string | null | undefined): string {
  return at ? formatDay(new Date(at)) : "its end";
}

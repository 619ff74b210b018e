/** Time zones to choose from. */
import { useQuery } from "@tanstack/react-query";

import { settingsQuery } from "~/api/settings";

import { zone as ownZone } from "./format";

/** Every zone the browser knows, UTC first. */
export function allZones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

/** What new things begin with: the installation's zone, the person's own where none is set. */
export function useFirstZone(): string {
  return useQuery(settingsQuery).data?.timeZone ?? ownZone;
}

/** Where the clock of a schedule hangs, and on which days it may fire. */
import { MultiSelect, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";

import { api, unwrap } from "~/api/client";
import { allZones } from "~/shared/zones";

import type { FormPart } from "./form";
import { Section } from "./Section";
import { isZone, localParts, offsetAt, spellOffset } from "./zones";

export function Zone({ draft, update, errorAt }: FormPart) {
  const zones = useMemo(() => allZones(), []);
  const data = zones.includes(draft.timezone) ? zones : [draft.timezone, ...zones];
  return (
    <Section title="Zone">
      <div className="row wrap">
        <Select
          aria-label="Time zone"
          w={250}
          searchable
          limit={60}
          nothingFoundMessage="No such zone. Names are like Europe/Berlin."
          data={data}
          value={draft.timezone}
          error={errorAt("/timezone")}
          onChange={(zone) => zone && update({ timezone: zone })}
        />
        <span className="dim sm">{spellZone(draft.timezone)}</span>
      </div>
      <p className="dim sm">
        When the clocks go forward, a time that does not exist fires right after the gap. When they go back, a time that
        comes twice fires the first time.
      </p>
    </Section>
  );
}

function spellZone(zone: string): string {
  if (!isZone(zone)) return "";
  const now = new Date();
  const { clock, name } = localParts(now.toISOString().slice(0, 16) + ":00Z", zone, now);
  const offset = spellOffset(offsetAt(zone, now));
  return `it is ${clock} there${name === offset || name.startsWith("GMT") ? "" : ` (${name})`}, ${offset}`;
}

export function Calendars({ draft, update, errorAt }: FormPart) {
  const { data } = useQuery({
    queryKey: ["calendars", "all"],
    queryFn: () => unwrap(api.GET("/api/calendars", { params: { query: { limit: 200 } } })),
  });
  const known = data?.items ?? [];
  return (
    <Section title="Calendars">
      {data && known.length === 0 ? (
        <p className="mut">
          It fires on every day.{" "}
          <Link to="/calendars" search={{ new: "calendar" }} className="link">
            Make a calendar
          </Link>{" "}
          to leave out holidays or to keep to closing days.
        </p>
      ) : (
        <MultiSelect
          aria-label="Calendars"
          placeholder={draft.calendars.length === 0 ? "Every day; add holidays or working days" : ""}
          data={[
            ...known.map((calendar) => ({
              value: calendar.id,
              label: `${calendar.name} (${calendar.kind === "blocked" ? "leaves its days out" : "only its days"})`,
            })),
            ...draft.calendars.filter((id) => !known.some((one) => one.id === id)),
          ]}
          value={[...draft.calendars]}
          searchable
          clearable
          error={errorAt("/calendars")}
          onChange={(calendars) => update({ calendars })}
        />
      )}
    </Section>
  );
}

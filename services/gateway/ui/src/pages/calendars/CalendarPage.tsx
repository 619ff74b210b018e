/** One calendar: a year of its days, the entries they come from, and who uses it. */
import { ActionIcon, Button } from "@mantine/core";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { useAddress } from "~/routing/useAddress";
import { Confirm } from "~/shared/Confirm";
import { toast } from "~/shared/Feedback";
import { plural } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { Panel } from "~/shared/Panel";

import classes from "./Calendar.module.css";
import { Entries } from "./Entries";
import { ImportPanel } from "./Import";
import { CALENDARS, calendarQuery, daysQuery, type Calendar } from "./queries";
import { YearView } from "./YearView";

const route = getRouteApi("/shell/calendars/$calendarId");

export function CalendarPage() {
  const { calendarId } = route.useParams();
  const mayEdit = useMay("trigger:edit");
  const query = useQuery(calendarQuery(calendarId));
  return (
    <Page
      title={query.data?.name ?? "Calendar"}
      crumbs={[{ label: "Calendars", to: "/calendars" }]}
      actions={query.data && mayEdit && <Delete calendar={query.data} />}
    >
      <Loaded query={query} what="The calendar">
        {(calendar) => <Shown calendar={calendar} />}
      </Loaded>
    </Page>
  );
}

function Shown({ calendar }: { calendar: Calendar }) {
  return (
    <div className="stack">
      <div className="row wrap">
        <h1>{calendar.name}</h1>
        <span className="mut">
          {calendar.kind === "blocked" ? "Schedules rest on its days." : "Schedules run on its days alone."} Days of{" "}
          {calendar.timezone}.
        </span>
      </div>
      {calendar.description && <p className="mut prose">{calendar.description}</p>}
      <div className={classes["columns"]}>
        <Year calendar={calendar} />
        <div className="stack">
          <Entries key={calendar.id} calendar={calendar} />
          <ImportPanel calendar={calendar} />
          <UsedBy calendar={calendar} />
        </div>
      </div>
    </div>
  );
}

function Year({ calendar }: { calendar: Calendar }) {
  const [search, change] = useAddress();
  const thisYear = new Date().getFullYear();
  const asked = Number(search["year"]);
  const year = Number.isInteger(asked) && asked >= 1970 && asked < 2200 ? asked : thisYear;
  const query = useQuery({ ...daysQuery(calendar.id, year), placeholderData: keepPreviousData });
  const turn = (by: number) => change({ year: year + by === thisYear ? undefined : String(year + by) });
  return (
    <Panel
      title={<span className="num">{year}</span>}
      aside={query.data && `${plural(query.data.filter((day) => day.allowed).length, "day")} to run on`}
      actions={
        <>
          <ActionIcon aria-label="The year before" onClick={() => turn(-1)}>
            <IconChevronLeft size={16} stroke={1.5} />
          </ActionIcon>
          <ActionIcon aria-label="The year after" onClick={() => turn(1)}>
            <IconChevronRight size={16} stroke={1.5} />
          </ActionIcon>
        </>
      }
    >
      <Loaded query={query} what="The days" rows={12}>
        {(days) => <YearView days={days} />}
      </Loaded>
    </Panel>
  );
}

function UsedBy({ calendar }: { calendar: Calendar }) {
  return (
    <Panel title="Used by">
      {calendar.usedBy.length === 0 && <p className="mut">No schedule stands on it yet. Choose it in a schedule.</p>}
      <ul>
        {calendar.usedBy.map((user) => (
          <li key={user.triggerId}>
            <Link to="/triggers/$triggerId" params={{ triggerId: user.triggerId }} className="link">
              {user.name}
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Delete({ calendar }: { calendar: Calendar }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [asked, setAsked] = useState(false);
  async function remove() {
    await unwrap(api.DELETE("/api/calendars/{calendarId}", { params: { path: { calendarId: calendar.id } } }));
    toast(`Deleted “${calendar.name}”.`);
    await navigate({ to: "/calendars" });
    await client.invalidateQueries({ queryKey: CALENDARS });
  }
  const isUsed = calendar.usedBy.length > 0;
  return (
    <>
      <Button
        variant="danger"
        disabled={isUsed}
        title={isUsed ? "A schedule uses it" : undefined}
        onClick={() => setAsked(true)}
      >
        Delete…
      </Button>
      <Confirm
        opened={asked}
        onClose={() => setAsked(false)}
        title={`Delete “${calendar.name}”?`}
        confirm="Delete"
        onConfirm={remove}
      >
        Its entries and what was imported go with it.
      </Confirm>
    </>
  );
}

/** Calendars: which days schedules may or may not run. */
import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconCalendar, IconPlus } from "@tabler/icons-react";

import { useMay } from "~/api/session";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { FilterBar, SearchField } from "~/shared/Filters";
import { plural } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { useShortcut } from "~/shared/shortcuts";
import { Time } from "~/shared/Time";

import { CreateCalendar } from "./CreateCalendar";
import { calendarsQuery, type Calendar } from "./queries";

const KIND_WORDS = { blocked: "runs on all days but these", allowed: "runs on these days alone" } as const;

const COLUMNS: readonly Column<Calendar>[] = [
  { key: "name", head: "Calendar", width: "24%", main: true, cell: (row) => row.name },
  { key: "kind", head: "Says", width: "220px", cell: (row) => <span className="mut">{KIND_WORDS[row.kind]}</span> },
  { key: "days", head: "Days", cell: (row) => <span className="mut">{spellDays(row)}</span> },
  { key: "zone", head: "Zone", width: "160px", cell: (row) => <span className="mut">{row.timezone}</span> },
  {
    key: "used",
    head: "Used by",
    width: "120px",
    align: "right",
    cell: (row) =>
      row.usedBy.length > 0 ? plural(row.usedBy.length, "trigger") : <span className="dim">nothing</span>,
  },
  { key: "changed", head: "Changed", width: "140px", align: "right", cell: (row) => <Time at={row.updatedAt} /> },
];

export function CalendarsPage() {
  const [search, change] = useAddress();
  const mayEdit = useMay("trigger:edit");
  const q = search["q"] ?? "";
  const query = useQuery({ ...calendarsQuery(q), placeholderData: keepPreviousData });
  const make = () => change({ new: "calendar" });
  useShortcut("n", "New calendar", make, { scope: "Calendars", enabled: mayEdit });
  const button = mayEdit && (
    <Button variant="filled" leftSection={<IconPlus size={16} stroke={1.5} />} onClick={make}>
      New calendar
    </Button>
  );
  return (
    <Page title="Calendars" bleed actions={button}>
      <FilterBar>
        <SearchField value={q} onChange={(value) => change({ q: value })} placeholder="Name" />
      </FilterBar>
      <Loaded query={query} what="The calendars" rows={4}>
        {(calendars) =>
          calendars.length === 0 ? (
            q ? (
              <Empty
                title="No calendar fits"
                action={<Button onClick={() => change({ q: undefined })}>Remove the filter</Button>}
              />
            ) : (
              <Empty icon={<IconCalendar size={20} stroke={1.5} />} title="No calendar yet" action={button}>
                A calendar names days: holidays on which schedules rest, or closing days on which alone they run. It can
                be filled from an ICS file or address.
              </Empty>
            )
          ) : (
            <DataTable
              label="Calendars"
              rows={calendars}
              columns={COLUMNS}
              rowKey={(row) => row.id}
              href={(row) => `/calendars/${row.id}`}
              bleed
              scope="Calendars"
              phone={(row) => ({
                icon: <IconCalendar size={16} stroke={1.5} />,
                title: row.name,
                detail: KIND_WORDS[row.kind],
                right: spellDays(row),
                below: row.usedBy.length > 0 ? plural(row.usedBy.length, "trigger") : "",
              })}
            />
          )
        }
      </Loaded>
      {mayEdit && search["new"] && <CreateCalendar onClose={() => change({ new: undefined })} />}
    </Page>
  );
}

function spellDays(calendar: Calendar): string {
  const own = plural(calendar.entries.length, "entry", "entries");
  return calendar.source ? `${own}, ${plural(calendar.source.days, "day")} imported` : own;
}

/** Who did what, when and from where; whether the record is whole; and the record to take away. */
import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconDownload, IconShieldCheck } from "@tabler/icons-react";

import { api, unwrap, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { FilterBar, FilterChip, SearchField } from "~/shared/Filters";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { PageFoot } from "~/shared/PageFoot";
import { Time } from "~/shared/Time";

import { Entry } from "./Entry";
import { Verification } from "./Verification";

export type AuditEvent = Schema<"AuditEvent">;

const HOURS: Record<string, number> = { "1h": 1, "24h": 24, "7d": 168, "30d": 720 };
const SINCE = [
  { value: "1h", label: "the last hour" },
  { value: "24h", label: "the last 24 hours" },
  { value: "7d", label: "the last 7 days" },
  { value: "30d", label: "the last 30 days" },
];
const ACTIONS = [
  "login.",
  "access.denied",
  "execution.",
  "workflow.",
  "runner.",
  "trigger.",
  "user.",
  "api_key.",
  "session.",
  "license.",
].map((value) => ({
  value,
  label: value.replace(/\.$/, ""),
}));

const COLUMNS: readonly Column<AuditEvent>[] = [
  { key: "at", head: "Time", width: "150px", cell: (row) => <Time at={row.at} /> },
  {
    key: "who",
    head: "Who",
    width: "18%",
    cell: (row) => (row.actorKind === "system" ? <span className="dim">the Hub</span> : row.actorName || "unknown"),
  },
  { key: "action", head: "Action", width: "200px", main: true, cell: (row) => <Action event={row} /> },
  { key: "what", head: "On what", cell: (row) => <OnWhat event={row} /> },
  { key: "ip", head: "From", width: "130px", cell: (row) => <span className="mono dim">{row.ip ?? "hub"}</span> },
  {
    key: "hash",
    head: "Hash",
    width: "84px",
    align: "right",
    cell: (row) => <span className="mono dim">{row.hash.slice(0, 6)}</span>,
  },
];

export function AuditPage() {
  const [search, change] = useAddress();
  const mayExport = useMay("audit:export");
  const since = HOURS[search["since"] ?? ""];
  const query = useQuery({
    queryKey: ["audit", { ...search, entry: undefined }],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/audit", {
          params: {
            query: {
              actor: search["actor"] ?? "",
              action: search["action"] ?? "",
              resource: search["resource"] ?? "",
              cursor: search["cursor"] ?? "",
              ...(since ? { from: new Date(Date.now() - since * 3_600_000).toISOString() } : {}),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const set = (name: string) => (value: string) => change({ [name]: value, cursor: undefined });
  const one = (name: string) => (search[name] ? [search[name]] : []);
  return (
    <Page
      title="Audit"
      bleed
      actions={
        mayExport && (
          <Button component="a" href="/api/audit/export" download leftSection={<IconDownload size={16} stroke={1.5} />}>
            Export
          </Button>
        )
      }
    >
      <Verification />
      <FilterBar>
        <SearchField value={search["actor"] ?? ""} onChange={set("actor")} placeholder="Who: name or id" />
        <FilterChip
          name="Action"
          chosen={one("action")}
          choices={ACTIONS}
          onChange={([value]) => change({ action: value, cursor: undefined })}
        />
        <FilterChip
          name="Time"
          chosen={one("since")}
          choices={SINCE}
          onChange={([value]) => change({ since: value, cursor: undefined })}
        />
      </FilterBar>
      <Loaded query={query} what="The audit" rows={12}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty icon={<IconShieldCheck size={20} stroke={1.5} />} title="No entry fits">
              Remove a filter, or look further back.
            </Empty>
          ) : (
            <>
              <DataTable
                label="Audit"
                rows={page.items}
                columns={COLUMNS}
                rowKey={(row) => row.id}
                href={(row) => hrefOf(search, row)}
                bleed
                scope="Audit"
                phone={(row) => ({
                  title: <Action event={row} />,
                  detail: row.resourceName ?? row.resourceKind,
                  right: row.actorName,
                  below: <Time at={row.at} />,
                })}
              />
              <PageFoot nextCursor={page.nextCursor} />
              <Entry
                event={page.items.find((event) => String(event.seq) === search["entry"]) ?? null}
                onClose={() => change({ entry: undefined })}
              />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function hrefOf(search: Record<string, string>, event: AuditEvent): string {
  return `/audit?${new URLSearchParams({ ...search, entry: String(event.seq) }).toString()}`;
}

function Action({ event }: { event: AuditEvent }) {
  const refused = /denied|refused|failed/.test(event.action);
  return (
    <span className="mono" style={refused ? { color: "var(--st-failed-ink)" } : undefined}>
      {event.action}
    </span>
  );
}

function OnWhat({ event }: { event: AuditEvent }) {
  return (
    <>
      {event.resourceName ?? <span className="mono dim">{event.resourceId ?? "–"}</span>}{" "}
      <span className="dim">{event.resourceKind}</span>
    </>
  );
}

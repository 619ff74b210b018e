/** What starts workflows by itself: schedules and webhooks, when they fire next and how the last ones went. */
import { Button, Menu } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconCalendarTime, IconPlus, IconWebhook } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";

import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty } from "~/shared/Feedback";
import { FilterBar, FilterChip, SearchField } from "~/shared/Filters";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { PageFoot } from "~/shared/PageFoot";
import { useShortcut } from "~/shared/shortcuts";
import { Age, Time } from "~/shared/Time";

import { EnabledSwitch } from "./EnabledSwitch";
import { LastOutcomes } from "./Outcome";
import { Resume } from "./Paused";
import { triggersQuery, type Kind, type Trigger } from "./queries";
import { authWords } from "./words";

const ICON = { size: 16, stroke: 1.5 } as const;
const KINDS = [
  { value: "schedule", label: "Schedule", icon: <IconCalendarTime {...ICON} /> },
  { value: "webhook", label: "Webhook", icon: <IconWebhook {...ICON} /> },
];
const STATES = [
  { value: "on", label: "On" },
  { value: "off", label: "Off" },
];

const COLUMNS: readonly Column<Trigger>[] = [
  { key: "name", head: "Trigger", width: "22%", main: true, cell: (row) => row.name },
  { key: "workflow", head: "Starts", width: "18%", cell: (row) => <span className="mut">{row.workflowName}</span> },
  { key: "when", head: "When", cell: (row) => <When trigger={row} /> },
  { key: "next", head: "Next", width: "150px", cell: (row) => <Next trigger={row} /> },
  { key: "last", head: "Last outcomes", width: "210px", cell: (row) => <LastOutcomes trigger={row} /> },
  {
    key: "on",
    head: "On",
    width: "84px",
    align: "right",
    cell: (row) => (
      <span style={{ display: "inline-flex", verticalAlign: "middle" }}>
        <EnabledSwitch trigger={row} />
      </span>
    ),
  },
];

export function TriggersPage() {
  const [search, change] = useAddress();
  const polling = usePolling();
  const [q, kind, enabled, workflowId, cursor] = [
    search["q"] ?? "",
    search["kind"] ?? "",
    search["enabled"] ?? "",
    search["workflow"] ?? "",
    search["cursor"] ?? "",
  ];
  const query = useQuery({
    ...triggersQuery({ q, kind, enabled, workflowId, cursor }),
    placeholderData: keepPreviousData,
    refetchInterval: Math.min(polling, 15_000),
  });
  const narrow = (member: string) => (chosen: readonly string[]) => change({ [member]: chosen[0], cursor: undefined });
  const isFiltered = Boolean(q || kind || enabled || workflowId);
  const workflow = workflowId ? [{ value: workflowId, label: query.data?.items[0]?.workflowName ?? "this one" }] : [];
  return (
    <Page title="Triggers" bleed actions={<NewTrigger />}>
      <FilterBar>
        <SearchField value={q} onChange={(value) => change({ q: value, cursor: undefined })} placeholder="Name" />
        <FilterChip name="Kind" chosen={kind ? [kind] : []} choices={KINDS} onChange={narrow("kind")} />
        <FilterChip name="State" chosen={enabled ? [enabled] : []} choices={STATES} onChange={narrow("enabled")} />
        {workflowId && (
          <FilterChip name="Starts" chosen={[workflowId]} choices={workflow} onChange={narrow("workflow")} />
        )}
      </FilterBar>
      <Loaded query={query} what="The triggers" rows={6}>
        {(page) =>
          page.items.length === 0 ? (
            <Nothing isFiltered={isFiltered} />
          ) : (
            <>
              <DataTable
                label="Triggers"
                rows={page.items}
                columns={COLUMNS}
                rowKey={(row) => row.id}
                href={(row) => `/triggers/${row.id}`}
                bleed
                scope="Triggers"
                phone={(row) => ({
                  icon: row.kind === "schedule" ? <IconCalendarTime {...ICON} /> : <IconWebhook {...ICON} />,
                  title: row.name,
                  detail: <When trigger={row} />,
                  right: <Next trigger={row} />,
                  below: row.workflowName,
                })}
              />
              <PageFoot nextCursor={page.nextCursor} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function When({ trigger }: { trigger: Trigger }) {
  if (trigger.kind === "webhook")
    return <span className="mut">On delivery; {authWords(trigger.auth?.type ?? "none").label}</span>;
  return <span title={trigger.description ?? undefined}>{trigger.description}</span>;
}

function Next({ trigger }: { trigger: Trigger }) {
  if (trigger.breaker !== "closed")
    return (
      <span className="row">
        <span className="tag warn">{trigger.breaker === "probing" ? "tries again" : "paused"}</span>
        <span className="desktop-only">
          <Resume trigger={trigger} size="xs" />
        </span>
      </span>
    );
  if (!trigger.enabled) return <span className="dim">off</span>;
  if (trigger.kind === "webhook")
    return trigger.lastDeliveryAt ? (
      <span className="dim">
        last <Age at={trigger.lastDeliveryAt} suffix=" ago" />
      </span>
    ) : (
      <span className="dim">waits</span>
    );
  return trigger.nextFireAt ? <Time at={trigger.nextFireAt} /> : <span className="dim">never again</span>;
}

function NewTrigger() {
  const navigate = useNavigate();
  const mayEdit = useMay("trigger:edit");
  const begin = (kind: Kind) => void navigate({ to: "/triggers/new", search: { kind } });
  useShortcut("n", "New schedule", () => begin("schedule"), { scope: "Triggers", enabled: mayEdit });
  if (!mayEdit) return null;
  return (
    <Menu width={260}>
      <Menu.Target>
        <Button variant="filled" leftSection={<IconPlus {...ICON} />}>
          New trigger
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconCalendarTime {...ICON} />} onClick={() => begin("schedule")}>
          Schedule, at set times
        </Menu.Item>
        <Menu.Item leftSection={<IconWebhook {...ICON} />} onClick={() => begin("webhook")}>
          Webhook, when a program calls
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  const [, change] = useAddress();
  if (isFiltered) {
    const all = () => change({ q: undefined, kind: undefined, enabled: undefined, workflow: undefined });
    return <Empty title="No trigger fits" action={<Button onClick={all}>Remove the filters</Button>} />;
  }
  return (
    <Empty icon={<IconCalendarTime size={20} stroke={1.5} />} title="No trigger yet" action={<NewTrigger />}>
      A trigger starts a workflow by itself: a schedule at set times, a webhook when another program calls its address.
    </Empty>
  );
}

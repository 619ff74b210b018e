/** Who is told of what by e-mail. */
import { Button, Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconMail, IconPlus } from "@tabler/icons-react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { useAddress } from "~/routing/useAddress";
import { DataTable, type Column } from "~/shared/DataTable";
import { Empty, Note, toast, toastProblem } from "~/shared/Feedback";
import { spellDuration } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { useShortcut } from "~/shared/shortcuts";
import { Age } from "~/shared/Time";

import { RULES, rulesQuery, type Rule } from "./queries";
import { RuleModal } from "./RuleForm";

const COLUMNS: readonly Column<Rule>[] = [
  { key: "name", head: "Rule", width: "20%", main: true, cell: (row) => row.name },
  { key: "to", head: "Tells", cell: (row) => <span className="mut">{row.recipients.join(", ")}</span> },
  { key: "of", head: "Of", cell: (row) => <span className="mono mut">{row.eventTypes.join(", ")}</span> },
  { key: "when", head: "When", width: "150px", cell: (row) => <span className="mut">{spellDigest(row)}</span> },
  { key: "last", head: "Sent", width: "150px", align: "right", cell: (row) => <Last rule={row} /> },
  {
    key: "on",
    head: "On",
    width: "84px",
    align: "right",
    cell: (row) => (
      <span style={{ display: "inline-flex", verticalAlign: "middle" }}>
        <EnabledSwitch rule={row} />
      </span>
    ),
  },
];

export function RulesPage() {
  const [search, change] = useAddress();
  const mayManage = useMay("event:manage");
  const query = useQuery({ ...rulesQuery, refetchInterval: 15_000 });
  const make = () => change({ edit: "new" });
  useShortcut("n", "New rule", make, { scope: "Notification rules", enabled: mayManage });
  const button = mayManage && (
    <Button variant="filled" leftSection={<IconPlus size={16} stroke={1.5} />} onClick={make}>
      New rule
    </Button>
  );
  const edited = query.data?.items.find((rule) => rule.id === search["edit"]);
  return (
    <Page title="Notifications" bleed actions={button}>
      <Loaded query={query} what="The rules" rows={4}>
        {({ items, mailConfigured }) => (
          <>
            {!mailConfigured && (
              <div style={{ padding: "var(--s-3) var(--s-6)" }}>
                <Note tone="warn">
                  No mail server is set up, so mails wait. Give the Hub one with EXEKRA_SMTP_HOST; the rules can be made
                  before.
                </Note>
              </div>
            )}
            {items.length === 0 ? (
              <Empty icon={<IconMail size={20} stroke={1.5} />} title="Nobody gets mail yet" action={button}>
                A rule tells people by e-mail when something happens: at once, or gathered into one mail.
              </Empty>
            ) : (
              <DataTable
                label="Notification rules"
                rows={items}
                columns={COLUMNS}
                rowKey={(row) => row.id}
                {...(mayManage && { href: (row: Rule) => `/notification-rules?edit=${row.id}` })}
                bleed
                scope="Notification rules"
                phone={(row) => ({
                  title: row.name,
                  detail: row.recipients.join(", "),
                  right: <span>{row.enabled ? "on" : "off"}</span>,
                  below: spellDigest(row),
                })}
              />
            )}
          </>
        )}
      </Loaded>
      {mayManage && search["edit"] === "new" && <RuleModal onClose={() => change({ edit: undefined })} />}
      {mayManage && edited && <RuleModal key={edited.id} rule={edited} onClose={() => change({ edit: undefined })} />}
    </Page>
  );
}

function spellDigest(rule: Rule): string {
  return rule.digestSeconds > 0 ? `one mail every ${spellDuration(rule.digestSeconds)}` : "at once";
}

function Last({ rule }: { rule: Rule }) {
  if (rule.lastError)
    return (
      <span className="tag bad" title={rule.lastError}>
        fails
      </span>
    );
  if (rule.lastSentAt) return <Age at={rule.lastSentAt} suffix=" ago" />;
  return <span className="dim">{rule.pending > 0 ? `${rule.pending} wait` : "never"}</span>;
}

function EnabledSwitch({ rule }: { rule: Rule }) {
  const client = useQueryClient();
  const mayManage = useMay("event:manage");
  const toggle = useMutation({
    mutationFn: (enabled: boolean) =>
      unwrap(
        api.PATCH("/api/notification-rules/{ruleId}", { params: { path: { ruleId: rule.id } }, body: { enabled } }),
      ),
    onSuccess: async (answer) => {
      toast(`“${rule.name}” is ${answer.rule.enabled ? "on" : "off"}.`);
      await client.invalidateQueries({ queryKey: RULES });
    },
    onError: (error) => toastProblem(`“${rule.name}” was not switched.`, error),
  });
  return (
    <Switch
      checked={toggle.isPending ? toggle.variables : rule.enabled}
      disabled={!mayManage || toggle.isPending}
      aria-label={`${rule.name} is ${rule.enabled ? "on" : "off"}`}
      onChange={(event) => toggle.mutate(event.currentTarget.checked)}
    />
  );
}

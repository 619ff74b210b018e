/** One trigger: what it will do, what it did, and how it is set. */
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconBolt } from "@tabler/icons-react";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { toast, toastProblem } from "~/shared/Feedback";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { Tabs } from "~/shared/Tabs";

import { Deliveries } from "./Deliveries";
import { EnabledSwitch } from "./EnabledSwitch";
import classes from "./Form.module.css";
import { HowToCall } from "./HowToCall";
import { Ledger } from "./Ledger";
import { Paused } from "./Paused";
import { triggerQuery, TRIGGERS, type Trigger } from "./queries";
import { Settings } from "./Settings";
import { TriggerMenu } from "./TriggerMenu";

const route = getRouteApi("/shell/triggers/$triggerId");

export function TriggerPage() {
  const { triggerId } = route.useParams();
  const polling = usePolling();
  const query = useQuery({ ...triggerQuery(triggerId), refetchInterval: Math.min(polling, 15_000) });
  return (
    <Page
      title={query.data?.name ?? "Trigger"}
      crumbs={[{ label: "Triggers", to: "/triggers" }]}
      actions={
        query.data && (
          <>
            <TriggerMenu trigger={query.data} />
            <FireNow trigger={query.data} />
          </>
        )
      }
    >
      <Loaded query={query} what="The trigger">
        {(trigger) => <Shown trigger={trigger} />}
      </Loaded>
    </Page>
  );
}

const TABS = {
  schedule: [
    { value: "settings", label: "Schedule" },
    { value: "ledger", label: "Ledger" },
  ],
  webhook: [
    { value: "deliveries", label: "Deliveries" },
    { value: "call", label: "How to call" },
    { value: "settings", label: "Settings" },
  ],
};

function Shown({ trigger }: { trigger: Trigger }) {
  const [search, change] = useAddress();
  const mayEdit = useMay("trigger:edit");
  // Examples are for those who may see how it is secured.
  const tabs = TABS[trigger.kind].filter((tab) => mayEdit || tab.value !== "call");
  const first = tabs[0]?.value ?? "settings";
  const tab = tabs.find((one) => one.value === search["tab"])?.value ?? first;
  const open = (value: string) =>
    change({ tab: value === first ? undefined : value, outcome: undefined, cursor: undefined, delivery: undefined });
  return (
    <div className="stack">
      <div className={classes["heading"]}>
        <h1>{trigger.name}</h1>
        <span className="tag">{trigger.kind === "schedule" ? "Schedule" : "Webhook"}</span>
        <EnabledSwitch trigger={trigger} label />
        <span className="mut">
          starts{" "}
          <Link to="/workflows/$workflowId" params={{ workflowId: trigger.workflowId }} className="link">
            {trigger.workflowName}
          </Link>
        </span>
      </div>
      <Paused trigger={trigger} />
      <Tabs label="Trigger" value={tab} onChange={open} tabs={tabs} />
      {tab === "settings" && <Settings key={trigger.id} trigger={trigger} />}
      {tab === "ledger" && <Ledger trigger={trigger} />}
      {tab === "deliveries" && <Deliveries trigger={trigger} />}
      {tab === "call" && <HowToCall trigger={trigger} />}
    </div>
  );
}

function FireNow({ trigger }: { trigger: Trigger }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayRun = useMay("execution:run");
  const fire = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/triggers/{triggerId}/fire", {
          params: { path: { triggerId: trigger.id }, header: { "Idempotency-Key": newIdempotencyKey() } },
          body: {},
        }),
      ),
    onSuccess: ({ execution, duplicate }) => {
      toast(duplicate ? "It was running already: this is that execution." : "Started, as the trigger would.");
      void client.invalidateQueries({ queryKey: TRIGGERS });
      void navigate({ to: "/executions/$executionId", params: { executionId: execution.id } });
    },
    onError: (error) => toastProblem("It was not started.", error),
  });
  if (!mayRun) return null;
  return (
    <Button
      leftSection={<IconBolt size={16} stroke={1.5} />}
      title="Start an execution with this trigger's inputs"
      loading={fire.isPending}
      onClick={() => fire.mutate()}
    >
      Fire now
    </Button>
  );
}

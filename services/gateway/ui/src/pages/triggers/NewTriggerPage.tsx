/** A new schedule or webhook, in the same form in which it is changed later. */
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { ErrorNote, toast } from "~/shared/Feedback";
import { Page } from "~/shared/Page";
import { Panel } from "~/shared/Panel";
import { useShortcut } from "~/shared/shortcuts";
import { useFirstZone } from "~/shared/zones";

import { createBody, newDraft, type Draft } from "./draft";
import { isShownAtFields } from "./form";
import { readInputs } from "./inputs";
import { TRIGGERS, type Kind } from "./queries";
import { SecretOnce } from "./SecretOnce";
import { TriggerForm } from "./TriggerForm";
import { useDeclaredInputs } from "./useDeclaredInputs";

const route = getRouteApi("/shell/triggers/new");

export function NewTriggerPage() {
  const { kind, workflow } = route.useSearch();
  const wanted = kind === "webhook" ? "webhook" : "schedule";
  return <NewTrigger key={wanted} kind={wanted} workflowId={workflow ?? ""} />;
}

function NewTrigger({ kind, workflowId }: { kind: Kind; workflowId: string }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const zone = useFirstZone();
  const [draft, setDraft] = useState(() => newDraft(kind, workflowId, zone));
  const [key, setKey] = useState(newIdempotencyKey);
  const declared = useDeclaredInputs(draft.workflowId);
  const create = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/triggers", {
          params: { header: { "Idempotency-Key": key } },
          body: createBody(draft, declared),
        }),
      ),
    onSuccess: ({ trigger, secret }) => {
      void client.invalidateQueries({ queryKey: TRIGGERS });
      toast(`“${trigger.name}” is on.`);
      if (!secret) open(trigger.id);
    },
  });
  const open = (triggerId: string) => void navigate({ to: "/triggers/$triggerId", params: { triggerId } });
  // What is asked for anew is another intent.
  const update = (change: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...change }));
    setKey(newIdempotencyKey());
  };
  const missing = whatIsMissing(draft, Object.keys(readInputs(declared, draft.inputs).wrong));
  const save = () => {
    if (!missing && !create.isPending) create.mutate();
  };
  useShortcut("mod+s", "Create the trigger", save);
  const isWebhook = kind === "webhook";
  return (
    <Page
      title={isWebhook ? "New webhook" : "New schedule"}
      crumbs={[{ label: "Triggers", to: "/triggers" }]}
      actions={
        <>
          <Button className="desktop-only" renderRoot={(props) => <Link to="/triggers" {...props} />}>
            Cancel
          </Button>
          <Button
            variant="filled"
            loading={create.isPending}
            disabled={missing !== ""}
            title={missing || undefined}
            onClick={save}
          >
            Create
          </Button>
        </>
      }
    >
      <div className="stack">
        {create.error && !isShownAtFields(create.error) && <ErrorNote what="Nothing was made." error={create.error} />}
        <TriggerForm
          draft={draft}
          update={update}
          declared={declared}
          error={create.error}
          isNew
          isChanged
          aside={isWebhook && <WhatComes />}
        />
      </div>
      {create.data?.secret && (
        <SecretOnce
          secret={create.data.secret}
          url={create.data.trigger.url}
          onClose={() => open(create.data.trigger.id)}
        />
      )}
    </Page>
  );
}

function WhatComes() {
  return (
    <Panel title="What comes next">
      <p className="mut">
        The Hub makes an address, and a secret where one is needed; both are shown for copying, the secret this once.
        Examples in curl and Python stand on the webhook’s page, and every delivery with what became of it.
      </p>
    </Panel>
  );
}

function whatIsMissing(draft: Draft, wrongInputs: readonly string[]): string {
  if (!draft.name.trim()) return "Give it a name first";
  if (!draft.workflowId) return "Choose the workflow it starts";
  if (draft.kind === "schedule" && draft.mode === "at" && !draft.at) return "Say when";
  if (wrongInputs.length > 0) return `Look at the input ${wrongInputs[0]}`;
  return "";
}

/** The fields of a trigger of either kind, new or saved, with the schedule's preview beside them. */
import { Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { api, unwrap } from "~/api/client";
import { Panel } from "~/shared/Panel";

import type { Draft } from "./draft";
import { errorsOf, type FormPart } from "./form";
import classes from "./Form.module.css";
import { InputFields } from "./InputFields";
import type { DeclaredInput } from "./inputs";
import { More } from "./More";
import { Misfires, Overlaps } from "./Policies";
import { Preview } from "./Preview";
import { Section } from "./Section";
import { usePreview } from "./usePreview";
import { WebhookFields } from "./WebhookFields";
import { When } from "./When";
import { Calendars, Zone } from "./ZoneAndDays";

interface TriggerFormProps {
  draft: Draft;
  update: (change: Partial<Draft>) => void;
  declared: readonly DeclaredInput[];
  /** What saving was refused for. */
  error: unknown;
  isNew: boolean;
  isChanged: boolean;
  /** Under the preview, or in its place for a webhook. */
  aside?: ReactNode;
}

export function TriggerForm({ draft, update, declared, error, isNew, isChanged, aside }: TriggerFormProps) {
  const preview = usePreview(draft);
  const part: FormPart = { draft, update, errorAt: errorsOf(error, preview.error) };
  const isSchedule = draft.kind === "schedule";
  const words = isSchedule && !preview.error ? (preview.data?.description ?? "") : "";
  return (
    // Saved by the page's own button; a form so that browsers know what the secret belongs to.
    <form className={classes["columns"]} onSubmit={(event) => event.preventDefault()}>
      <Panel bleed>
        <Section title="Name">
          <TextInput
            aria-label="Name"
            placeholder={isSchedule ? "Bank statements, nightly" : "Orders from the shop"}
            data-autofocus={isNew || undefined}
            value={draft.name}
            error={part.errorAt("/name")}
            onChange={(event) => update({ name: event.currentTarget.value })}
          />
          {isNew && <WorkflowField {...part} />}
        </Section>
        {isSchedule ? (
          <>
            <When {...part} words={words} />
            <Zone {...part} />
            <Calendars {...part} />
            <Misfires {...part} />
            <Overlaps {...part} />
          </>
        ) : (
          <WebhookFields {...part} isNew={isNew} />
        )}
        <InputFields {...part} declared={declared} isWebhook={!isSchedule} />
        <More {...part} />
      </Panel>
      <div className="stack">
        {isSchedule && <Preview query={preview} zone={draft.timezone} isChanged={isChanged} />}
        {aside}
      </div>
    </form>
  );
}

function WorkflowField({ draft, update, errorAt }: FormPart) {
  const { data } = useQuery({
    queryKey: ["workflows", "to start"],
    queryFn: () => unwrap(api.GET("/api/workflows", { params: { query: { limit: 200 } } })),
  });
  const chosen = data?.items.find((workflow) => workflow.id === draft.workflowId);
  return (
    <Select
      label="Starts"
      placeholder="A workflow"
      searchable
      nothingFoundMessage="No such workflow"
      description={
        chosen && chosen.publishedVersion === null
          ? "It is not published yet; until then nothing starts, and every fire says so."
          : undefined
      }
      data={(data?.items ?? []).map((workflow) => ({ value: workflow.id, label: workflow.name }))}
      value={draft.workflowId || null}
      error={errorAt("/workflowId")}
      onChange={(workflowId) => workflowId && update({ workflowId, inputs: {} })}
    />
  );
}

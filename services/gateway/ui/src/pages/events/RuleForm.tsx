/** A notification rule, new or changed; a saved one can send a sample and be deleted. */
import { Button, Modal, Select, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { Confirm } from "~/shared/Confirm";
import { ErrorNote, Note, toast } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";

import { Choosing, fieldOf } from "./Choosing";
import { RULES, type Rule } from "./queries";

const DIGESTS = [
  { value: "0", label: "at once, a mail for each" },
  { value: "300", label: "one mail every 5 minutes" },
  { value: "900", label: "one mail every 15 minutes" },
  { value: "3600", label: "one mail an hour" },
  { value: "86400", label: "one mail a day" },
];

export function RuleModal({ rule, onClose }: { rule?: Rule; onClose: () => void }) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={rule ? `Change “${rule.name}”` : "New notification rule"}
      size={540}
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Form {...(rule && { rule })} onClose={onClose} />
    </Modal>
  );
}

function Form({ rule, onClose }: { rule?: Rule; onClose: () => void }) {
  const client = useQueryClient();
  const [key, setKey] = useState(newIdempotencyKey);
  const [isDeleting, setDeleting] = useState(false);
  const [body, setBody] = useState({
    name: rule?.name ?? "",
    recipients: [...(rule?.recipients ?? [])],
    eventTypes: [...(rule?.eventTypes ?? ["execution.failed", "execution.lost"])],
    workflowIds: [...(rule?.workflowIds ?? [])],
    failuresOnly: rule?.failuresOnly ?? false,
    digestSeconds: rule?.digestSeconds ?? 0,
    subjectTemplate: rule?.subjectTemplate ?? "",
    textTemplate: rule?.textTemplate ?? "",
  });
  // What is asked for anew is another intent.
  const set = (change: Partial<typeof body>) => {
    setBody((before) => ({ ...before, ...change }));
    setKey(newIdempotencyKey());
  };
  const fresh = () => client.invalidateQueries({ queryKey: RULES });
  const save = useMutation({
    mutationFn: () =>
      rule
        ? unwrap(
            api.PATCH("/api/notification-rules/{ruleId}", {
              params: { path: { ruleId: rule.id } },
              headers: { "If-Match": `"${rule.etag}"` },
              body,
            }),
          )
        : unwrap(
            api.POST("/api/notification-rules", {
              params: { header: { "Idempotency-Key": key } },
              body,
            }),
          ),
    onSuccess: () => {
      void fresh();
      toast("Saved.");
      onClose();
    },
  });
  async function remove() {
    if (!rule) return;
    await unwrap(api.DELETE("/api/notification-rules/{ruleId}", { params: { path: { ruleId: rule.id } } }));
    toast(`Deleted “${rule.name}”.`);
    await fresh();
    onClose();
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }
  const digests = DIGESTS.some((one) => one.value === String(body.digestSeconds))
    ? DIGESTS
    : [...DIGESTS, { value: String(body.digestSeconds), label: `one mail every ${body.digestSeconds} s` }];
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        label="Name"
        placeholder="Failures to operations"
        data-autofocus
        value={body.name}
        error={fieldOf(save.error, "/name")}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TagsInput
        label="Tells"
        placeholder={body.recipients.length === 0 ? "ops@example.com" : ""}
        splitChars={[",", " ", ";"]}
        value={body.recipients}
        error={fieldOf(save.error, "/recipients")}
        onChange={(recipients) => set({ recipients })}
      />
      <Choosing types={body.eventTypes} workflowIds={body.workflowIds} onChange={set} error={save.error} />
      <Switch
        label="Only when something failed"
        checked={body.failuresOnly}
        onChange={(event) => set({ failuresOnly: event.currentTarget.checked })}
      />
      <Select
        label="When"
        data={digests}
        value={String(body.digestSeconds)}
        error={fieldOf(save.error, "/digestSeconds")}
        onChange={(value) => set({ digestSeconds: Number(value ?? 0) })}
      />
      <TextInput
        label="Subject of your own"
        placeholder="$title"
        description="Empty is the Hub's. Knows $event, $title, $reason, $summary, $details."
        value={body.subjectTemplate}
        error={fieldOf(save.error, "/subjectTemplate")}
        onChange={(event) => set({ subjectTemplate: event.currentTarget.value })}
      />
      <Textarea
        label="Text of your own"
        autosize
        minRows={1}
        maxRows={8}
        value={body.textTemplate}
        error={fieldOf(save.error, "/textTemplate")}
        onChange={(event) => set({ textTemplate: event.currentTarget.value })}
      />
      {save.error && <ErrorNote what="It was not saved." error={save.error} />}
      {rule && <Sample rule={rule} />}
      <FormFoot
        onCancel={onClose}
        isPending={save.isPending}
        disabled={!body.name.trim() || body.recipients.length === 0 || body.eventTypes.length === 0}
        aside={
          rule && (
            <Button variant="danger" onClick={() => setDeleting(true)}>
              Delete…
            </Button>
          )
        }
      >
        {rule ? "Save" : "Create"}
      </FormFoot>
      <Confirm
        opened={isDeleting}
        onClose={() => setDeleting(false)}
        title={`Delete “${body.name}”?`}
        confirm="Delete"
        onConfirm={remove}
      >
        Its mails that were not sent yet are forgotten.
      </Confirm>
    </form>
  );
}

/** What the mail server says to a sample of the rule as it is saved. */
function Sample({ rule }: { rule: Rule }) {
  const test = useMutation({
    mutationFn: () =>
      unwrap(api.POST("/api/notification-rules/{ruleId}/test", { params: { path: { ruleId: rule.id } } })),
  });
  return (
    <>
      {test.error && <ErrorNote what="No sample was sent." error={test.error} />}
      {test.data && (
        <Note tone={test.data.sent && test.data.refused.length === 0 ? "info" : "warn"}>
          {test.data.sent ? "The mail server took the sample." : `It was not sent. ${test.data.error ?? ""}`}
          {test.data.refused.map((one) => (
            <p key={one.recipient}>
              {one.recipient}: {one.error}
            </p>
          ))}
        </Note>
      )}
      <div>
        <Button loading={test.isPending} onClick={() => test.mutate()}>
          Send a sample of what is saved
        </Button>
      </div>
    </>
  );
}

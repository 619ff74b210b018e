/** An endpoint, new or changed. A new one's secret is shown once. */
import { Modal, Switch, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { ErrorNote, toast } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";
import { ShownOnce } from "~/shared/ShownOnce";

import { Choosing, fieldOf } from "./Choosing";
import { readHeaders } from "./headers";
import { ENDPOINTS, type Endpoint } from "./queries";

interface EndpointModalProps {
  /** Nothing: a new one. */
  endpoint?: Endpoint;
  onClose: () => void;
  onMade?: (endpoint: Endpoint) => void;
}

export function EndpointModal(props: EndpointModalProps) {
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={props.endpoint ? `Change “${props.endpoint.name}”` : "New event endpoint"}
      size={540}
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Form {...props} />
    </Modal>
  );
}

function Form({ endpoint, onClose, onMade }: EndpointModalProps) {
  const client = useQueryClient();
  const mayUsePrivate = useMay("event:private");
  const [key, setKey] = useState(newIdempotencyKey);
  const [body, setBody] = useState({
    name: endpoint?.name ?? "",
    url: endpoint?.url ?? "",
    eventTypes: [...(endpoint?.eventTypes ?? ["execution.failed", "execution.lost"])],
    workflowIds: [...(endpoint?.workflowIds ?? [])],
    allowPrivate: endpoint?.allowPrivate ?? false,
    verifyTls: endpoint?.verifyTls ?? true,
  });
  const [headers, setHeaders] = useState("");
  // What is asked for anew is another intent.
  const set = (change: Partial<typeof body>) => {
    setBody((before) => ({ ...before, ...change }));
    setKey(newIdempotencyKey());
  };
  const read = readHeaders(headers);
  const save = useMutation({
    mutationFn: async () => {
      const sent = { ...body, ...(headers.trim() && { headers: read.headers }) };
      if (!endpoint)
        return unwrap(
          api.POST("/api/event-endpoints", {
            params: { header: { "Idempotency-Key": key } },
            body: sent,
          }),
        );
      const params = { path: { endpointId: endpoint.id } };
      const answer = await unwrap(
        api.PATCH("/api/event-endpoints/{endpointId}", {
          params,
          body: sent,
          headers: { "If-Match": `"${endpoint.etag}"` },
        }),
      );
      return { ...answer, secret: "" };
    },
    onSuccess: ({ secret }) => {
      void client.invalidateQueries({ queryKey: ENDPOINTS });
      if (secret) return;
      toast("Saved.");
      onClose();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }

  if (save.data?.secret) {
    const { endpoint: made, secret } = save.data;
    return <Secret secret={secret} onDone={() => (onMade ? onMade(made) : onClose())} />;
  }
  const error = save.error;
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        label="Name"
        placeholder="Service desk"
        data-autofocus
        value={body.name}
        error={fieldOf(error, "/name")}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TextInput
        label="Address"
        placeholder="https://desk.example.com/hooks/exekra"
        value={body.url}
        error={fieldOf(error, "/url")}
        onChange={(event) => set({ url: event.currentTarget.value })}
      />
      <Choosing types={body.eventTypes} workflowIds={body.workflowIds} onChange={set} error={error} />
      <Textarea
        label="Headers of your own"
        description={
          endpoint && endpoint.headerNames.length > 0
            ? `It sends ${endpoint.headerNames.join(", ")}. What is written here takes the place of them; empty keeps them.`
            : "One a line. Their values are never shown again."
        }
        placeholder="X-Tenant: acme"
        autosize
        minRows={1}
        styles={{ input: { fontFamily: "var(--mono)" } }}
        value={headers}
        error={read.wrong ?? fieldOf(error, "/headers")}
        onChange={(event) => (setHeaders(event.currentTarget.value), set({}))}
      />
      {mayUsePrivate && (
        <Switch
          label="May lie in a private network"
          checked={body.allowPrivate}
          onChange={(event) => set({ allowPrivate: event.currentTarget.checked })}
        />
      )}
      <Switch
        label="Check its certificate"
        checked={body.verifyTls}
        onChange={(event) => set({ verifyTls: event.currentTarget.checked })}
      />
      {error && <ErrorNote what="It was not saved." error={error} />}
      <FormFoot
        onCancel={onClose}
        isPending={save.isPending}
        disabled={!body.name.trim() || !body.url.trim() || body.eventTypes.length === 0 || read.wrong !== undefined}
      >
        {endpoint ? "Save" : "Create"}
      </FormFoot>
    </form>
  );
}

export function Secret({ secret, note, onDone }: { secret: string; note?: string; onDone: () => void }) {
  return (
    <ShownOnce
      words="With this secret the receiver checks that an event comes from this Hub (Standard Webhooks). It is shown this once."
      fields={[{ text: secret, what: "the secret" }]}
      note={note}
      onDone={onDone}
    />
  );
}

/** Makes a credential, replaces the value of one, or changes its limits. */
import { Modal, MultiSelect, Select, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { asProblem } from "~/api/problem";
import { ErrorNote, toast } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";
import { workflowChoicesQuery } from "~/shared/workflowChoices";

import { CREDENTIALS, type Credential, type Kind } from "./queries";
import { emptyEntries, KINDS, NAME, valueOf } from "./value";
import { ValueFields } from "./ValueFields";

export type Doing = "create" | "value" | "limits";

const TITLES: Record<Doing, string> = {
  create: "New credential",
  value: "Replace the value",
  limits: "Change the limits",
};

const UNFIT = "Letters, digits and underscores, a letter first; at most 63.";

interface CredentialFormProps {
  doing: Doing;
  /** None while one is made. */
  credential?: Credential | undefined;
  onClose: () => void;
}

export function CredentialModal(props: CredentialFormProps) {
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={props.credential ? `${TITLES[props.doing]} of ${props.credential.name}` : TITLES[props.doing]}
      size={480}
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Form {...props} />
    </Modal>
  );
}

function Form({ doing, credential, onClose }: CredentialFormProps) {
  const client = useQueryClient();
  const [key] = useState(newIdempotencyKey);
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Kind>(credential?.kind ?? "login");
  const [entries, setEntries] = useState(() => emptyEntries(kind, credential?.fields));
  const [description, setDescription] = useState(credential?.description ?? "");
  const [workflowIds, setWorkflowIds] = useState(credential?.workflowIds ?? []);
  const [hosts, setHosts] = useState(credential?.hosts ?? []);
  const workflows = useQuery(workflowChoicesQuery).data ?? [];
  const value = doing === "limits" ? {} : valueOf(kind, entries);
  const save = useMutation({
    mutationFn: async () => {
      if (!credential)
        return await unwrap(
          api.POST("/api/credentials", {
            params: { header: { "Idempotency-Key": `${key}${name}`.slice(0, 200) } },
            body: { name, kind, value: value ?? {}, description, workflowIds, hosts },
          }),
        );
      return await unwrap(
        api.PATCH("/api/credentials/{credentialId}", {
          params: { path: { credentialId: credential.id } },
          headers: { "If-Match": `"${credential.etag}"` },
          body: doing === "value" ? { value: value ?? {} } : { description, workflowIds, hosts },
        }),
      );
    },
    onSuccess: ({ credential: saved }) => {
      void client.invalidateQueries({ queryKey: CREDENTIALS });
      toast(credential ? `Changed ${saved.name}.` : `Made ${saved.name}.`);
      onClose();
    },
  });
  const problem = save.error ? asProblem(save.error) : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }

  return (
    <form className="stack" onSubmit={submit} autoComplete="off">
      {doing === "create" && (
        <>
          <TextInput
            label="Name"
            description={`Nodes read it as credentials.${NAME.test(name) ? name : "name"}.${entries[0]?.name || "field"}. It stays.`}
            placeholder="shop"
            data-autofocus
            value={name}
            error={problem?.field("/name") ?? (name !== "" && !NAME.test(name) && UNFIT)}
            onChange={(event) => setName(event.currentTarget.value.trim())}
          />
          <Select
            label="Kind"
            data={Object.entries(KINDS).map(([each, { label }]) => ({ value: each, label }))}
            value={kind}
            allowDeselect={false}
            onChange={(next) => {
              setKind(next as Kind);
              setEntries(emptyEntries(next as Kind));
            }}
          />
        </>
      )}
      {doing !== "limits" && <ValueFields kind={kind} entries={entries} problem={problem} onChange={setEntries} />}
      {doing !== "value" && (
        <>
          <TextInput
            label="Description"
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          <MultiSelect
            label="Only for these workflows"
            placeholder={workflowIds.length === 0 ? "All of them" : ""}
            searchable
            clearable
            data={workflows}
            value={workflowIds}
            error={problem?.field("/workflowIds")}
            onChange={setWorkflowIds}
          />
          <TagsInput
            label="Only sent to these hosts"
            description="Names as api.example.com, or *.example.com. Nodes that do not say where they send it get none."
            placeholder={hosts.length === 0 ? "Anywhere" : ""}
            splitChars={[",", " "]}
            value={hosts}
            error={problem?.fields.find(({ pointer }) => pointer.startsWith("/hosts"))?.detail}
            onChange={setHosts}
          />
        </>
      )}
      {problem && <ErrorNote what="It was not saved." error={problem} />}
      <FormFoot
        onCancel={onClose}
        isPending={save.isPending}
        disabled={value === null || (doing === "create" && !NAME.test(name))}
      >
        {credential ? "Save" : "Create"}
      </FormFoot>
    </form>
  );
}

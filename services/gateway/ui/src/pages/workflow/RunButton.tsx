/** Starts the published version, with the inputs it declares. */
import { Button, JsonInput, Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { IconPlayerPlayFilled } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { ErrorNote, toast } from "~/shared/Feedback";

import { declaredInputs, readInputs, type DeclaredInput } from "./inputs";
import type { Workflow } from "./queries";

const ANY = "";

export function RunButton({ workflow }: { workflow: Workflow }) {
  const [opened, setOpened] = useState(false);
  const mayRun = useMay("execution:run");
  if (!mayRun) return null;
  const isPublished = workflow.publishedVersion !== null;
  return (
    <>
      <Button
        variant="filled"
        disabled={!isPublished}
        title={isPublished ? undefined : "Publish a version first, or try the draft in the Studio"}
        leftSection={<IconPlayerPlayFilled size={14} />}
        onClick={() => setOpened(true)}
      >
        Run
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={`Run “${workflow.name}”`}
        size={460}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <RunForm workflow={workflow} onClose={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function RunForm({ workflow, onClose }: { workflow: Workflow; onClose: () => void }) {
  const navigate = useNavigate();
  const [key] = useState(newIdempotencyKey);
  const [runnerId, setRunnerId] = useState(ANY);
  const [typed, setTyped] = useState<Record<string, string>>({});
  // The published version may take other inputs than the draft: it is the one that runs.
  const version = useQuery({
    queryKey: ["workflow", workflow.id, "version", workflow.publishedVersion],
    queryFn: async () =>
      (
        await unwrap(
          api.GET("/api/workflows/{workflowId}/versions/{version}", {
            params: { path: { workflowId: workflow.id, version: workflow.publishedVersion ?? 0 } },
          }),
        )
      ).version.graph as unknown,
    staleTime: Infinity,
  });
  const runners = useQuery({
    queryKey: ["runners", "connected"],
    queryFn: () => unwrap(api.GET("/api/runners", { params: { query: { limit: 200 } } })),
  });
  const connected =
    runners.data?.items.filter(
      (runner) => runner.state !== "OFFLINE" && !runner.disabled && !runner.draining && !runner.pause,
    ) ?? [];
  const inputs = declaredInputs(version.data);
  const run = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/executions", {
          params: { header: { "Idempotency-Key": key } },
          body: {
            workflowId: workflow.id,
            inputs: readInputs(inputs, typed),
            ...(runnerId === ANY ? {} : { mode: "interactive" as const, runnerId }),
          },
        }),
      ),
    onSuccess: ({ execution, duplicate }) => {
      toast(duplicate ? "It was running already: this is that execution." : "Started.");
      void navigate({ to: "/executions/$executionId", params: { executionId: execution.id } });
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    run.mutate();
  }

  return (
    <form className="stack" onSubmit={submit}>
      {inputs.map((input) => (
        <InputField
          key={input.name}
          input={input}
          value={typed[input.name] ?? ""}
          onChange={(value) => setTyped((before) => ({ ...before, [input.name]: value }))}
        />
      ))}
      {inputs.length === 0 && <p className="mut">Version {workflow.publishedVersion} takes no inputs.</p>}
      <Select
        label="Where"
        description={
          runnerId === ANY
            ? "Queued; the first runner that fits takes it."
            : "At once, while somebody watches; not queued."
        }
        data={[
          { value: ANY, label: "Any runner that fits" },
          ...connected.map((runner) => ({ value: runner.id, label: `${runner.name}, now` })),
        ]}
        value={runnerId}
        onChange={(value) => setRunnerId(value ?? ANY)}
      />
      {run.error && <ErrorNote what="It was not started." error={run.error} />}
      <div className="row">
        <Button className="end" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" variant="filled" loading={run.isPending} data-autofocus>
          Run version {workflow.publishedVersion}
        </Button>
      </div>
    </form>
  );
}

interface InputFieldProps {
  input: DeclaredInput;
  value: string;
  onChange: (value: string) => void;
}

function InputField({ input, value, onChange }: InputFieldProps) {
  const shared = {
    label: input.name,
    description: input.description,
    required: input.required && input.default === undefined,
    placeholder: input.default === undefined ? "" : JSON.stringify(input.default),
    value,
  };
  if (input.type === "boolean") {
    return (
      <Select
        {...shared}
        clearable
        data={[
          { value: "true", label: "yes" },
          { value: "false", label: "no" },
        ]}
        onChange={(chosen) => onChange(chosen ?? "")}
      />
    );
  }
  if (input.type === "object" || input.type === "array") {
    return <JsonInput {...shared} autosize minRows={2} onChange={onChange} validationError="This is no JSON." />;
  }
  return (
    <TextInput
      {...shared}
      inputMode={input.type === "number" || input.type === "integer" ? "decimal" : "text"}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

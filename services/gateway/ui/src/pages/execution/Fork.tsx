/** Runs an execution again from one of its nodes on, with other values of variables or on another version. */
import { Button, Modal, Select, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { IconGitFork } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { isLive } from "~/shared/executions/story";
import { ErrorNote, toast } from "~/shared/Feedback";

import { declaredVariables, readEdits, type Variable } from "./forking";
import type { Execution, NodeRun } from "./queries";
import { findNode, stepsOf } from "./rows";

interface ForkProps {
  execution: Execution;
  run: NodeRun;
  graph: unknown;
}

/** Nothing where it cannot be: while the execution lives, inside a loop, for those who may not run. */
export function Fork({ execution, run, graph }: ForkProps) {
  const [opened, setOpened] = useState(false);
  const mayRun = useMay("execution:run");
  const isInside = stepsOf(run.path).length > 0 || run.nodeId.includes("/");
  if (!mayRun || isInside || isLive(execution) || execution.status === "LOST") return null;
  const name = findNode(graph, run.nodeId)?.name ?? run.nodeId;
  return (
    <div className="row">
      <Button leftSection={<IconGitFork size={16} stroke={1.5} />} onClick={() => setOpened(true)}>
        Run again from here…
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={`Run again from “${name}”`}
        size={480}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <ForkForm execution={execution} nodeId={run.nodeId} graph={graph} onClose={() => setOpened(false)} />
      </Modal>
    </div>
  );
}

interface ForkFormProps {
  execution: Execution;
  nodeId: string;
  graph: unknown;
  onClose: () => void;
}

function ForkForm({ execution, nodeId, graph, onClose }: ForkFormProps) {
  const navigate = useNavigate();
  const [key] = useState(newIdempotencyKey);
  const [version, setVersion] = useState(String(execution.version));
  const [typed, setTyped] = useState<Record<string, string>>({});
  const versions = useVersions(execution);
  const variables = declaredVariables(graph);
  const fork = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/executions/{executionId}/retry", {
          params: { path: { executionId: execution.id }, header: { "Idempotency-Key": key } },
          body: { fromNodeId: nodeId, vars: readEdits(typed), version: Number(version) },
        }),
      ),
    onSuccess: ({ execution: next }) => {
      toast(`Started from there, on version ${next.version}.`);
      void navigate({ to: "/executions/$executionId", params: { executionId: next.id } });
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    fork.mutate();
  }

  return (
    <form className="stack" onSubmit={submit}>
      <p className="mut">
        A new execution: what was done before this node is taken over as it was recorded, and not done again.
      </p>
      {versions.length > 1 && (
        <Select
          label="Version"
          description="What is taken over must be the same in both."
          data={versions}
          value={version}
          onChange={(value) => setVersion(value ?? version)}
          allowDeselect={false}
        />
      )}
      {variables.map((variable) => (
        <VariableField
          key={variable.name}
          variable={variable}
          value={typed[variable.name] ?? ""}
          onChange={(text) => setTyped((before) => ({ ...before, [variable.name]: text }))}
        />
      ))}
      {fork.error && <ErrorNote what="It was not started." error={fork.error} />}
      <div className="row">
        <Button className="end" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" variant="filled" loading={fork.isPending} data-autofocus>
          Run from here
        </Button>
      </div>
    </form>
  );
}

interface VariableFieldProps {
  variable: Variable;
  value: string;
  onChange: (text: string) => void;
}

function VariableField({ variable, value, onChange }: VariableFieldProps) {
  return (
    <Textarea
      label={variable.name}
      description={variable.description}
      placeholder="As it was"
      autosize
      minRows={1}
      maxRows={6}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** The version that ran, the published one, and for those who draw the draft; each once. */
function useVersions({ workflowId, version }: Execution): { value: string; label: string }[] {
  const mayDraw = useMay("workflow:edit");
  const { data } = useQuery({
    queryKey: ["workflow", workflowId],
    queryFn: async () =>
      (await unwrap(api.GET("/api/workflows/{workflowId}", { params: { path: { workflowId } } }))).workflow,
  });
  const found = new Map([[version, `Version ${version}, as it ran`]]);
  if (data?.publishedVersion && !found.has(data.publishedVersion))
    found.set(data.publishedVersion, `Version ${data.publishedVersion}, published`);
  if (mayDraw && data && data.draftVersion > 0 && !found.has(data.draftVersion))
    found.set(data.draftVersion, `Draft ${data.draftVersion}`);
  return [...found].map(([number, label]) => ({ value: String(number), label }));
}

/** The form of a node: its config, made from the schema, and how it behaves when it is slow or fails. */
import { Button, NumberInput, SegmentedControl, Switch, Textarea } from "@mantine/core";

import { Note } from "~/shared/Feedback";
import { Fields } from "../form/Fields";
import { Words } from "../form/Words";
import { FormContext, useForm } from "../form/form";
import type { Declaration } from "../model/declarations";
import { START } from "../model/declarations";
import { changeConfig, changeFields, setLane } from "../model/fields";
import { lanesOf, type GraphNode, type OnError } from "../model/graph";
import { useStudio } from "../state/context";
import { useNodeForm } from "./useNodeForm";
import classes from "./Settings.module.css";

interface NodeSettingsProps {
  node: GraphNode;
  declaration: Declaration | undefined;
}

export function NodeSettings({ node, declaration }: NodeSettingsProps) {
  const { editor, catalogue } = useStudio();
  const form = useNodeForm(node.id, declaration);
  const stray = form
    .problemsAt("")
    .filter((problem) => !/^\/(config\/|timeoutSeconds|retry|onError)/.test(problem.field));
  return (
    <FormContext value={form}>
      <div className={classes["body"]}>
        {declaration?.help && (
          <p className="dim sm">
            <Words text={declaration.help} />
          </p>
        )}
        {!declaration && (
          <Note tone="warn">No connected runner knows “{node.type}”. Its settings are kept as they are.</Note>
        )}
        {stray.map((problem) => (
          <Note key={problem.pointer + problem.message} tone={problem.severity === "error" ? "bad" : "warn"}>
            {problem.message}
          </Note>
        ))}
        <Fields
          top
          schema={declaration?.configSchema ?? {}}
          value={node.config ?? {}}
          pointer="/config"
          onChange={(config, merge) =>
            editor.getState().edit((graph) => changeConfig(graph, node.id, config, catalogue), `${node.id}${merge}`)
          }
        />
        {node.type !== START && <Behaviour node={node} declaration={declaration} />}
      </div>
    </FormContext>
  );
}

const ON_ERROR: { value: OnError; label: string }[] = [
  { value: "fail", label: "Fail" },
  { value: "continue", label: "Continue" },
  { value: "errorPort", label: "Error port" },
];

function Behaviour({ node, declaration }: NodeSettingsProps) {
  const { editor, catalogue } = useStudio();
  const form = useForm();
  const change = (fields: Partial<GraphNode>, merge = "") =>
    editor.getState().edit((graph) => changeFields(graph, node.id, fields, catalogue), merge && `${node.id}/${merge}`);
  const retry = node.retry ?? {};
  const problem = (field: string) => form.problemsAt(field)[0]?.message ?? null;
  const lanes = declaration?.containers ?? [];
  return (
    <>
      <hr className={classes["rule"]} />
      {lanes.length > 1 && (
        <div className="row wrap">
          {lanes.slice(1).map((lane) => (
            <Switch
              key={lane}
              label={lane === "catch" ? "Catch" : "Finally"}
              checked={lanesOf(node).includes(lane)}
              disabled={form.readOnly}
              onChange={(event) => {
                const there = event.currentTarget.checked;
                editor.getState().edit((graph) => setLane(graph, node.id, lane, there));
              }}
            />
          ))}
        </div>
      )}
      <div className={classes["two"]}>
        <NumberInput
          label="Time limit"
          suffix=" s"
          placeholder="none"
          min={0}
          value={node.timeoutSeconds ?? ""}
          error={problem("/timeoutSeconds")}
          readOnly={form.readOnly}
          onChange={(next) => change({ timeoutSeconds: next === "" ? undefined : Number(next) }, "timeout")}
        />
        <NumberInput
          label="Attempts"
          placeholder="1"
          min={1}
          max={100}
          allowDecimal={false}
          value={retry.maxAttempts ?? ""}
          error={problem("/retry")}
          readOnly={form.readOnly}
          onChange={(next) =>
            change({ retry: next === "" ? undefined : { ...retry, maxAttempts: Number(next) } }, "retry")
          }
        />
      </div>
      {(retry.maxAttempts ?? 1) > 1 && (
        <NumberInput
          label="Pause before the second attempt; it doubles each time"
          suffix=" s"
          placeholder="2 s"
          min={0}
          value={retry.backoffSeconds ?? ""}
          readOnly={form.readOnly}
          onChange={(next) =>
            change(
              { retry: { ...retry, backoffSeconds: next === "" ? undefined : Number(next) } as GraphNode["retry"] },
              "backoff",
            )
          }
        />
      )}
      <div>
        <div className={classes["label"]} id={`on-error-${node.id}`}>
          When it fails
        </div>
        <SegmentedControl
          size="xs"
          aria-labelledby={`on-error-${node.id}`}
          data={ON_ERROR}
          value={node.onError ?? "fail"}
          readOnly={form.readOnly}
          onChange={(next) => change({ onError: next === "fail" ? undefined : (next as OnError) })}
        />
      </div>
      <Switch
        label="Disabled: it is passed over"
        checked={node.disabled ?? false}
        disabled={form.readOnly}
        onChange={(event) => change({ disabled: event.currentTarget.checked || undefined })}
      />
      <Switch
        label="May be repeated without harm"
        checked={node.repeatable ?? declaration?.repeatable ?? false}
        disabled={form.readOnly}
        onChange={(event) => {
          const repeatable = event.currentTarget.checked;
          change({ repeatable: repeatable === (declaration?.repeatable ?? false) ? undefined : repeatable });
        }}
      />
      <Textarea
        label="Description"
        placeholder="What the next person should know"
        autosize
        minRows={1}
        maxRows={8}
        value={node.description ?? ""}
        readOnly={form.readOnly}
        onChange={(event) => change({ description: event.currentTarget.value || undefined }, "description")}
      />
      {declaration &&
        Object.keys(declaration.example).length > 0 &&
        !form.readOnly &&
        Object.keys(node.config ?? {}).length === 0 && (
          <Button
            variant="subtle"
            size="xs"
            onClick={() =>
              editor.getState().edit((graph) => changeConfig(graph, node.id, declaration.example, catalogue))
            }
          >
            Fill in the example
          </Button>
        )}
    </>
  );
}

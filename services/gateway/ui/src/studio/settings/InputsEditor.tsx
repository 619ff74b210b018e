/** The values a workflow is started with. */
import { ActionIcon, Button, Select, Switch, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";

import { AnyWidget } from "../form/AnyWidget";
import { useForm } from "../form/form";
import type { Shape } from "../form/shape";
import type { InputDeclaration } from "../model/graph";
import { useEditor, useStudio } from "../state/context";
import { freeName } from "./names";
import classes from "./Settings.module.css";

const TYPES = ["any", "string", "number", "integer", "boolean", "object", "array", "file", "date"];
const DEFAULT: Shape = {
  kind: "any",
  schema: {},
  widget: "",
  title: "Default",
  help: "",
  required: false,
  nullable: true,
  literal: false,
};
const NONE: InputDeclaration[] = [];

export function InputsEditor() {
  const { editor } = useStudio();
  const form = useForm();
  const inputs = useEditor((state) => state.graph.inputs ?? NONE);
  const put = (next: InputDeclaration[], merge = "") =>
    editor.getState().edit((graph) => ({ ...graph, inputs: next }), merge);
  const change = (index: number, fields: Partial<InputDeclaration>, merge: string) =>
    put(
      inputs.map((input, at) => (at === index ? { ...input, ...fields } : input)),
      `inputs/${index}/${merge}`,
    );
  return (
    <div className={classes["body"]}>
      <p className="dim sm">
        What a person, a schedule or a webhook gives at the start. Expressions read it as{" "}
        <span className="mono">inputs.name</span>.
      </p>
      {inputs.map((input, index) => (
        <fieldset className={classes["card"]} key={index} disabled={form.readOnly}>
          <legend className="vh">Input {input.name}</legend>
          <div className={classes["two"]}>
            <TextInput
              aria-label={`Name of input ${index + 1}`}
              value={input.name}
              error={form.problemsAt(`/inputs/${index}`)[0]?.message ?? null}
              onChange={(event) => change(index, { name: event.currentTarget.value }, "name")}
            />
            <Select
              aria-label={`Type of input ${index + 1}`}
              data={TYPES}
              value={input.type ?? "any"}
              onChange={(type) => type && change(index, { type }, "type")}
            />
          </div>
          <TextInput
            aria-label={`Description of input ${index + 1}`}
            placeholder="What it is for"
            value={input.description ?? ""}
            onChange={(event) => change(index, { description: event.currentTarget.value }, "description")}
          />
          <AnyWidget
            id={`input-default-${index}`}
            name="default"
            shape={{ ...DEFAULT, title: `Default of input ${index + 1}` }}
            value={input.default ?? undefined}
            pointer={`/inputs/${index}/default`}
            invalid={false}
            onChange={(value) => change(index, { default: value ?? null }, "default")}
          />
          <div className="row">
            <Switch
              label="Needed"
              checked={input.required ?? false}
              onChange={(event) => change(index, { required: event.currentTarget.checked }, "required")}
            />
            <ActionIcon
              className="end"
              aria-label={`Remove input ${input.name}`}
              onClick={() => put(inputs.filter((_, at) => at !== index))}
            >
              <IconTrash size={15} />
            </ActionIcon>
          </div>
        </fieldset>
      ))}
      {!form.readOnly && (
        <Button
          size="xs"
          leftSection={<IconPlus size={14} />}
          onClick={() => put([...inputs, { name: freeName("input", inputs), type: "string", required: false }])}
        >
          Add an input
        </Button>
      )}
    </div>
  );
}

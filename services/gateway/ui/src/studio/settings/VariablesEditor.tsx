/** The values a workflow remembers while it runs. */
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";

import { AnyWidget } from "../form/AnyWidget";
import { useForm } from "../form/form";
import type { Shape } from "../form/shape";
import type { VariableDeclaration } from "../model/graph";
import { useEditor, useStudio } from "../state/context";
import { freeName } from "./names";
import classes from "./Settings.module.css";

const INITIAL: Shape = {
  kind: "any",
  schema: {},
  widget: "",
  title: "Initial value",
  help: "",
  required: false,
  nullable: true,
  literal: false,
};
const NONE: VariableDeclaration[] = [];

export function VariablesEditor() {
  const { editor } = useStudio();
  const form = useForm();
  const variables = useEditor((state) => state.graph.variables ?? NONE);
  const put = (next: VariableDeclaration[], merge = "") =>
    editor.getState().edit((graph) => ({ ...graph, variables: next }), merge);
  const change = (index: number, fields: Partial<VariableDeclaration>, merge: string) =>
    put(
      variables.map((variable, at) => (at === index ? { ...variable, ...fields } : variable)),
      `variables/${index}/${merge}`,
    );
  return (
    <div className={classes["body"]}>
      <p className="dim sm">
        One scope for the whole run, also from inside loops. “Set variables” writes them; expressions read{" "}
        <span className="mono">vars.name</span>.
      </p>
      {variables.map((variable, index) => (
        <fieldset className={classes["card"]} key={index} disabled={form.readOnly}>
          <legend className="vh">Variable {variable.name}</legend>
          <div className="row">
            <TextInput
              className="grow"
              aria-label={`Name of variable ${index + 1}`}
              value={variable.name}
              error={form.problemsAt(`/variables/${index}`)[0]?.message ?? null}
              onChange={(event) => change(index, { name: event.currentTarget.value }, "name")}
            />
            <ActionIcon
              aria-label={`Remove variable ${variable.name}`}
              onClick={() => put(variables.filter((_, at) => at !== index))}
            >
              <IconTrash size={15} />
            </ActionIcon>
          </div>
          <AnyWidget
            id={`variable-initial-${index}`}
            name="initial"
            shape={{ ...INITIAL, title: `Initial value of ${variable.name}` }}
            value={variable.initial ?? undefined}
            pointer={`/variables/${index}/initial`}
            invalid={false}
            onChange={(value) => change(index, { initial: value ?? null }, "initial")}
          />
        </fieldset>
      ))}
      {!form.readOnly && (
        <Button
          size="xs"
          leftSection={<IconPlus size={14} />}
          onClick={() => put([...variables, { name: freeName("variable", variables), initial: null }])}
        >
          Add a variable
        </Button>
      )}
    </div>
  );
}

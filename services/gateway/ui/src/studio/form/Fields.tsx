/** The fields of a config or of an object inside one; fields that are rarely touched are folded away. */
import { UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";

import type { Schema } from "../model/declarations";
import type { JsonObject } from "../model/graph";
import { pointerTo } from "../model/problems";
import { Field } from "./Field";
import { useForm } from "./form";
import { fieldsOf } from "./shape";
import classes from "./Form.module.css";

/** So many fields are shown before the rest is folded. */
const SHOWN = 6;

interface FieldsProps {
  schema: Schema;
  value: JsonObject;
  pointer: string;
  top?: boolean;
  /** Members that something else already shows. */
  hidden?: readonly string[];
  onChange: (value: JsonObject, merge: string) => void;
}

export function Fields({ schema, value, pointer, top = false, hidden = [], onChange }: FieldsProps) {
  const form = useForm();
  const [opened, setOpened] = useState(false);
  const all = fieldsOf(schema, form.context, top).filter(({ name }) => !hidden.includes(name));
  const needed = all.filter(
    ({ name, shape }, index) =>
      index < SHOWN ||
      shape.required ||
      value[name] !== undefined ||
      form.problemsAt(pointerTo(pointer, name)).length > 0,
  );
  const wanted = form.wanted !== null && all.some(({ name }) => form.wanted?.startsWith(pointerTo(pointer, name)));
  const fold = all.length - needed.length > 1 && !opened && !wanted;
  const unknown = Object.keys(value).filter((name) => !(name in (schema.properties ?? {})) && !hidden.includes(name));

  return (
    <div className={classes["fields"]}>
      {(fold ? needed : all).map(({ name, shape }) => (
        <Field
          key={name}
          name={name}
          shape={shape}
          value={value[name]}
          pointer={pointerTo(pointer, name)}
          onChange={(next) => {
            const { [name]: _before, ...rest } = value;
            void _before;
            onChange(next === undefined ? rest : { ...value, [name]: next }, pointerTo(pointer, name));
          }}
        />
      ))}
      {fold && (
        <UnstyledButton className={classes["more"]} onClick={() => setOpened(true)}>
          <IconChevronRight size={14} aria-hidden="true" /> {all.length - needed.length} more settings
        </UnstyledButton>
      )}
      {schema.properties && unknown.length > 0 && (
        <p className="dim sm">
          Kept, but unknown to this node type: <span className="mono">{unknown.join(", ")}</span>
        </p>
      )}
    </div>
  );
}

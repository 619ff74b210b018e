/** Names with values: headers, query parameters, variables. The order in which they were added stays. */
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";

import { isObject, type JsonObject } from "../model/graph";
import { pointerTo } from "../model/problems";
import { Field } from "./Field";
import { useForm } from "./form";
import { shapeOf } from "./shape";
import type { WidgetProps } from "./widgets";
import classes from "./Form.module.css";

export function MapWidget({ shape, value, pointer, onChange }: WidgetProps) {
  const form = useForm();
  const map = isObject(value) ? (value as JsonObject) : {};
  const names = Object.keys(map);
  const { additionalProperties } = shape.schema;
  const values = typeof additionalProperties === "object" ? additionalProperties : {};
  const put = (next: JsonObject) => onChange(Object.keys(next).length === 0 && !shape.required ? undefined : next);
  const rename = (from: string, to: string) => {
    if (to === from || to in map) return;
    put(Object.fromEntries(Object.entries(map).map(([name, each]) => [name === from ? to : name, each])));
  };
  return (
    <div className={classes["entries"]}>
      {names.map((name, index) => (
        <div className={classes["pair"]} key={index}>
          <TextInput
            aria-label={`Name ${index + 1} of ${shape.title}`}
            defaultValue={name}
            key={name}
            readOnly={form.readOnly}
            className={classes["mono"] ?? ""}
            onBlur={(event) => rename(name, event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && rename(name, event.currentTarget.value)}
          />
          <Field
            name={name}
            shape={{
              ...shapeOf(name, values, false, form.context, false),
              title: name || `Value ${index + 1}`,
              help: "",
            }}
            value={map[name]}
            pointer={pointerTo(pointer, name)}
            onChange={(next) => put({ ...map, [name]: next ?? "" })}
          />
          {!form.readOnly && (
            <ActionIcon
              size={22}
              aria-label={`Remove ${name}`}
              onClick={() => put(Object.fromEntries(Object.entries(map).filter(([other]) => other !== name)))}
            >
              <IconTrash size={14} />
            </ActionIcon>
          )}
        </div>
      ))}
      {!form.readOnly && (
        <Button
          size="xs"
          variant="subtle"
          data-field
          leftSection={<IconPlus size={14} />}
          onClick={() => put({ ...map, [freeName(map)]: "" })}
        >
          Add to {shape.title.toLowerCase()}
        </Button>
      )}
    </div>
  );
}

function freeName(map: JsonObject): string {
  let name = "name";
  for (let number = 2; name in map; number += 1) name = `name${number}`;
  return name;
}

/** Objects inside a config: their fields, or one of several forms they can have. */
import { SegmentedControl, Select } from "@mantine/core";

import { isObject, type JsonObject } from "../model/graph";
import { Fields } from "./Fields";
import { useForm } from "./form";
import { variantsOf } from "./shape";
import type { WidgetProps } from "./widgets";
import classes from "./Form.module.css";

/** More forms than these do not fit beside each other in the panel. */
const MOST_IN_A_ROW = 4;

export function ObjectWidget({ shape, value, pointer, onChange }: WidgetProps) {
  return (
    <div className={classes["inner"]}>
      <Fields
        schema={shape.schema}
        value={isObject(value) ? (value as JsonObject) : {}}
        pointer={pointer}
        onChange={onChange}
      />
    </div>
  );
}

export function VariantsWidget({ id, shape, value, pointer, onChange }: WidgetProps) {
  const form = useForm();
  const property = shape.schema.discriminator?.propertyName ?? "type";
  const variants = variantsOf(shape.schema, form.context.root);
  const fallback = isObject(shape.schema.default) ? shape.schema.default[property] : undefined;
  const current = isObject(value) ? (value as JsonObject) : {};
  const name = String(current[property] ?? fallback ?? variants[0]?.name ?? "");
  const variant = variants.find((each) => each.name === name);
  const choices = variants.map((each) => ({ value: each.name, label: each.title }));
  const turn = (next: string) => onChange(next === fallback ? undefined : { [property]: next });
  return (
    <div className={classes["inner"]}>
      {variants.length > MOST_IN_A_ROW ? (
        <Select
          id={id}
          data={choices}
          value={name}
          readOnly={form.readOnly}
          allowDeselect={false}
          onChange={(next) => next !== null && turn(next)}
        />
      ) : (
        <SegmentedControl
          id={id}
          size="xs"
          data={choices}
          value={name}
          readOnly={form.readOnly}
          aria-labelledby={`${id}-label`}
          onChange={turn}
        />
      )}
      {variant && (
        <Fields
          schema={variant.schema}
          value={current}
          pointer={pointer}
          hidden={[property]}
          onChange={(next) => onChange({ ...next, [property]: name })}
        />
      )}
    </div>
  );
}

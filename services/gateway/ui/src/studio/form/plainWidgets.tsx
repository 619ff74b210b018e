/** Widgets for texts, numbers, yes and no, and choices. */
import { MultiSelect, NumberInput, SegmentedControl, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { IconFolder } from "@tabler/icons-react";

import type { Schema } from "../model/declarations";
import { useForm } from "./form";
import { choiceWord } from "./shape";
import type { WidgetProps } from "./widgets";
import classes from "./Form.module.css";

const LONG_TEXT = 60;
/** Texts that name a place in a file system or on the web are set in mono. */
const PLACES = /^(path|folder|source|target|saveTo|caFile|url|pattern|proxy)$/;
/** Those of them that are files and folders on the runner. */
const FILES = /^(path|folder|saveTo|caFile)$/;

export function TextWidget({ id, name, shape, value, invalid, onChange }: WidgetProps) {
  const { readOnly } = useForm();
  const text = typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
  const change = (next: string) => onChange(next === "" && !shape.required ? undefined : next);
  const fallback = typeof shape.schema.default === "string" ? shape.schema.default : "";
  const several =
    text.includes("\n") ||
    text.length > LONG_TEXT ||
    ["multiline", "text", "message"].includes(shape.widget) ||
    ((shape.schema.maxLength ?? 0) >= 10_000 && name !== "url");
  const shared = {
    id,
    value: text,
    placeholder: fallback,
    error: invalid,
    readOnly,
    onChange: (event: { currentTarget: { value: string } }) => change(event.currentTarget.value),
  };
  if (several) return <Textarea {...shared} autosize minRows={2} maxRows={12} />;
  const isPlace = PLACES.test(name);
  return (
    <TextInput
      {...shared}
      className={isPlace || shape.widget !== "" ? (classes["mono"] ?? "") : ""}
      leftSection={FILES.test(name) ? <IconFolder size={14} stroke={1.5} /> : undefined}
    />
  );
}

export function NumberWidget({ id, shape, value, invalid, onChange }: WidgetProps) {
  const { readOnly } = useForm();
  const { schema } = shape;
  return (
    <NumberInput
      id={id}
      value={typeof value === "number" ? value : ""}
      placeholder={schema.default === undefined || schema.default === null ? "" : String(schema.default)}
      allowDecimal={schema.type !== "integer"}
      error={invalid}
      readOnly={readOnly}
      onChange={(next) => onChange(next === "" ? undefined : Number(next))}
      {...(schema.minimum === undefined ? {} : { min: schema.minimum })}
      {...(schema.maximum === undefined ? {} : { max: schema.maximum })}
      clampBehavior="blur"
    />
  );
}

export function BooleanWidget({ id, shape, value, onChange }: WidgetProps) {
  const { readOnly } = useForm();
  const on = typeof value === "boolean" ? value : shape.schema.default === true;
  return (
    <Switch
      id={id}
      checked={on}
      disabled={readOnly}
      label={on ? "Yes" : "No"}
      onChange={(event) => {
        const next = event.currentTarget.checked;
        onChange(next === shape.schema.default ? undefined : next);
      }}
    />
  );
}

/** Any number of some choices, in their own order. */
export function ChoicesWidget({ id, shape, value, invalid, onChange }: WidgetProps) {
  const { readOnly } = useForm();
  const choices = choicesOf(shape.schema.items ?? {});
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const put = (next: string[]) => {
    const ordered = choices.map((choice) => choice.value).filter((choice) => next.includes(choice));
    onChange(ordered.length === 0 && !shape.required ? undefined : ordered);
  };
  return (
    <MultiSelect
      id={id}
      data={choices}
      value={chosen}
      error={invalid}
      readOnly={readOnly}
      placeholder={chosen.length === 0 ? "None" : ""}
      onChange={put}
    />
  );
}

function choicesOf(schema: Schema): { value: string; label: string }[] {
  return (schema.enum ?? []).map((choice) => ({ value: String(choice), label: choiceWord(String(choice)) }));
}

const FEW = 3;
const SHORT = 24;

export function ChoiceWidget({ id, shape, value, invalid, onChange }: WidgetProps) {
  const { readOnly } = useForm();
  const choices = choicesOf(shape.schema);
  const chosen = value === undefined ? shape.schema.default : value;
  const change = (next: string) => {
    const original = (shape.schema.enum ?? []).find((choice) => String(choice) === next);
    onChange(original === shape.schema.default ? undefined : original);
  };
  if (
    choices.length <= FEW &&
    choices.map(({ label }) => label).join("").length <= SHORT &&
    chosen !== undefined &&
    !shape.nullable
  ) {
    return (
      <SegmentedControl
        id={id}
        size="xs"
        data={choices}
        value={String(chosen)}
        readOnly={readOnly}
        onChange={change}
        aria-labelledby={`${id}-label`}
      />
    );
  }
  return (
    <Select
      id={id}
      data={choices}
      value={chosen === undefined || chosen === null ? null : String(chosen)}
      error={invalid}
      readOnly={readOnly}
      onChange={(next) => (next === null ? onChange(undefined) : change(next))}
      clearable={shape.nullable}
      allowDeselect={shape.nullable}
      searchable={choices.length > 8}
      placeholder={shape.nullable ? "None" : "Choose"}
    />
  );
}

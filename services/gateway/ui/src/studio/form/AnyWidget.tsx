/** Any value: text, number and the like as they are typed, lists and objects as JSON. */
import { Textarea } from "@mantine/core";
import { useState } from "react";

import type { Json } from "../model/graph";
import { useForm } from "./form";
import type { WidgetProps } from "./widgets";
import classes from "./Form.module.css";

export function AnyWidget({ id, shape, value, invalid, onChange }: WidgetProps) {
  const { readOnly } = useForm();
  const [draft, setDraft] = useState<string | null>(null);
  const shown = draft ?? written(value);
  const broken = draft !== null && /^\s*[[{]/.test(draft) && parsed(draft) === undefined;
  const finish = () => {
    if (broken) return;
    setDraft(null);
  };
  return (
    <>
      <Textarea
        id={id}
        className={classes["mono"] ?? ""}
        value={shown}
        error={invalid || broken}
        readOnly={readOnly}
        autosize
        minRows={1}
        maxRows={14}
        placeholder={shape.schema.type === "array" ? "[ … ] or an expression" : "Text, number, JSON or an expression"}
        onChange={(event) => {
          const text = event.currentTarget.value;
          setDraft(text);
          if (text === "") onChange(shape.required ? "" : undefined);
          else if (!/^\s*[[{]/.test(text) || text.trimStart().startsWith("{{")) onChange(simple(text));
          else {
            const next = parsed(text);
            if (next !== undefined) onChange(next);
          }
        }}
        onBlur={finish}
      />
      {broken && <p className={classes["problem"]}>This is no JSON yet; the last value that was stays.</p>}
    </>
  );
}

function written(value: Json | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "string") return parsedSimple(value) === value ? value : JSON.stringify(value);
  return JSON.stringify(value, null, 2);
}

/** Numbers, true, false and null are themselves; quotes make text of them. */
function parsedSimple(text: string): Json {
  if (/^(-?\d+(\.\d+)?|true|false|null|".*")$/.test(text.trim())) return parsed(text) ?? text;
  return text;
}

function simple(text: string): Json {
  return parsedSimple(text);
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Any value: text, number and the like as they are typed, lists and objects as JSON. */
import { Textarea } from "@mantine/core";
import { useState } from "react";

import type { Json } from "../model/graph";
import type { Schema } from "../model/declarations";
import { useForm } from "./form";
import { isTextOrNumber } from "./shape";
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
        placeholder={placeholderOf(shape.schema)}
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

function placeholderOf(schema: Schema): string {
  if (schema.type === "array") return "[ … ] or an expression";
  return isTextOrNumber(schema) ? "Text or a number" : "Text, number, JSON or an expression";
}

/** Numbers, true, false and null are themselves; quotes make text of them. 007 and 1.50 are no numbers but texts. */
function parsedSimple(text: string): Json {
  const typed = text.trim();
  if (!/^(-?\d+(\.\d+)?|true|false|null|".*")$/.test(typed)) return text;
  const value = parsed(typed);
  return value === undefined || (typeof value === "number" && String(value) !== typed) ? text : value;
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

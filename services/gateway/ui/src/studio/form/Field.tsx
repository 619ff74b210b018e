/** One field: its name, its help, whether it is fixed or an expression, what is wrong with it, and its widget. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { IconFunction, IconInfoCircle } from "@tabler/icons-react";
import { useEffect, useId, useRef, useState } from "react";

import type { Json } from "../model/graph";
import { ExpressionField } from "../expressions/ExpressionField";
import { asFixed, asTemplate, isTemplate } from "../expressions/template";
import { useForm } from "./form";
import type { Shape } from "./shape";
import { fillIn } from "./widgets";
import { Words } from "./Words";
import classes from "./Form.module.css";

interface FieldProps {
  name: string;
  shape: Shape;
  value: Json | undefined;
  pointer: string;
  onChange: (value: Json | undefined) => void;
}

/** Kinds whose entries switch one by one, or that never hold a template. */
const ALWAYS = ["expression", "code"];

export function Field({ name, shape, value, pointer, onChange }: FieldProps) {
  const form = useForm();
  const id = useId();
  const own = useRef<HTMLDivElement>(null);
  // Typing `{{` into a plain field turns it into an expression; the person goes on typing there.
  const [typing, setTyping] = useState(false);
  const wanted = form.wanted === pointer;
  useEffect(() => {
    if (!wanted) return;
    own.current?.scrollIntoView({ block: "center" });
    own.current?.querySelector<HTMLElement>("input, textarea, [role=textbox], button[data-field]")?.focus();
  }, [wanted]);

  const switchable = !ALWAYS.includes(shape.kind) && !shape.literal && !form.readOnly;
  const computed = shape.kind === "expression" || (shape.kind !== "code" && !shape.literal && isTemplate(value));
  const structured = ["object", "list", "map", "variants"].includes(shape.kind);
  const problems = form.problemsAt(pointer).filter((each) => !structured || computed || each.field === pointer);

  return (
    <div className={classes["field"]} ref={own} data-testid={`field-${pointer}`}>
      <div className={classes["label"]}>
        <label htmlFor={id} id={`${id}-label`}>
          {shape.title}
          {shape.required && <span className={classes["required"]} title="Needed" aria-hidden="true" />}
        </label>
        {shape.help && (
          <Tooltip label={<Words text={shape.help} />} position="left">
            <IconInfoCircle
              size={14}
              stroke={1.5}
              className={classes["help"]}
              aria-label={shape.help.replaceAll("`", "")}
              role="img"
            />
          </Tooltip>
        )}
        {switchable && (
          <ActionIcon
            size={20}
            className={classes["switch"] ?? ""}
            data-on={computed || undefined}
            aria-pressed={computed}
            aria-label={computed ? `${shape.title}: use a fixed value` : `${shape.title}: use an expression`}
            title={computed ? "Use a fixed value" : "Use an expression"}
            onClick={() => {
              setTyping(!computed);
              onChange(computed ? (asFixed(String(value)) as Json | undefined) : templated(value));
            }}
          >
            <IconFunction size={14} stroke={1.7} />
          </ActionIcon>
        )}
      </div>
      {computed ? (
        <ExpressionField
          id={id}
          label={shape.title}
          value={typeof value === "boolean" ? String(value) : asTemplate(value)}
          bare={shape.kind === "expression"}
          startsWriting={typing}
          invalid={problems.some((problem) => problem.severity === "error")}
          onChange={(text) => onChange(text === "" && !shape.required ? undefined : text)}
        />
      ) : (
        fillIn({
          id,
          name,
          shape,
          value,
          pointer,
          invalid: problems.length > 0,
          onChange: (next) => {
            setTyping(isTemplate(next));
            onChange(isTemplate(next) ? closed(next) : next);
          },
        })
      )}
      {problems.map((problem) => (
        <p key={problem.pointer + problem.message} className={classes["problem"]} data-severity={problem.severity}>
          {problem.message}
        </p>
      ))}
    </div>
  );
}

/** Switching on expressions keeps what was there as a constant, or opens empty braces. */
function templated(value: Json | undefined): string {
  const template = asTemplate(value);
  return template.includes("{{") ? template : template === "" ? "{{  }}" : `{{ ${JSON.stringify(template)} }}`;
}

/** Braces that were just opened are closed around the cursor. */
function closed(text: string): string {
  return text.endsWith("{{") ? `${text}  }}` : text;
}

/** A template as chips; with the focus it becomes code with completion and its value now. */
import { Suspense, useState } from "react";

import { NodeIcon } from "~/shared/NodeIcon";
import { useForm } from "../form/form";
import { CodeEditor } from "./lazyEditor";
import { Preview } from "./Preview";
import { cursorIn, partsOf, type Part } from "./template";
import classes from "./Expression.module.css";

interface ExpressionFieldProps {
  id: string;
  label: string;
  value: string;
  /** The whole text is an expression, with or without braces. */
  bare: boolean;
  /** Somebody is writing already when the field appears. */
  startsWriting: boolean;
  invalid: boolean;
  onChange: (text: string) => void;
}

export function ExpressionField({ id, label, value, bare, startsWriting, invalid, onChange }: ExpressionFieldProps) {
  const form = useForm();
  const [writing, setWriting] = useState(startsWriting);
  const [cursor, setCursor] = useState<number | null>(null);
  const chips = (
    <div
      id={id}
      className={classes["chips"]}
      role="textbox"
      tabIndex={0}
      aria-label={label}
      aria-invalid={invalid || undefined}
      aria-readonly={form.readOnly || undefined}
      onFocus={() => setWriting(!form.readOnly)}
    >
      {value.trim() === "" ? <span className="dim">An expression, for example inputs.file</span> : null}
      {partsOf(form.graph, value, bare).map((part, index) => (
        <Chip key={index} part={part} />
      ))}
    </div>
  );
  if (!writing) return chips;
  // What is typed before the editor has come is kept by a plain field.
  const plain = (
    <textarea
      id={id}
      className={`${classes["chips"]} ${classes["plain"]}`}
      aria-label={label}
      autoFocus
      rows={1}
      value={value}
      onFocus={(event) => event.currentTarget.setSelectionRange(cursorIn(value), cursorIn(value))}
      onSelect={(event) => setCursor(event.currentTarget.selectionEnd)}
      onChange={(event) => {
        setCursor(event.currentTarget.selectionEnd);
        onChange(event.currentTarget.value);
      }}
    />
  );
  return (
    <>
      <Suspense fallback={plain}>
        <CodeEditor
          id={id}
          label={label}
          value={value}
          cursor={cursor}
          language="expression"
          bare={bare && !value.includes("{{")}
          scope={form.scope}
          samples={form.samples}
          invalid={invalid}
          autoFocus
          onChange={onChange}
          onBlur={() => {
            setWriting(false);
            setCursor(null);
          }}
        />
      </Suspense>
      <Preview text={value} bare={bare} invalid={invalid} />
    </>
  );
}

function Chip({ part }: { part: Part }) {
  if (part.kind === "text") return <span>{part.text}</span>;
  if (part.kind === "code") return <span className={classes["code"]}>{part.text}</span>;
  if (part.kind === "node") {
    return (
      <span className={classes["chip"]} title={part.text}>
        <NodeIcon type={part.type} size={13} />
        {part.name}
        {part.field && <b>{part.field}</b>}
      </span>
    );
  }
  return (
    <span className={classes["chip"]} title={part.text}>
      {part.root}
      {part.field && <b>{part.field}</b>}
    </span>
  );
}

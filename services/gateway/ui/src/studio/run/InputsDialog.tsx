/** Asks for the inputs a workflow declares, with what was given the last time. */
import { Button, Modal, NumberInput, Switch, Textarea, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import type { InputDeclaration } from "../model/graph";
import { useEditor } from "../state/context";
import { readInput, shownInput } from "./inputs";
import classes from "./Run.module.css";

const NONE: InputDeclaration[] = [];

interface InputsDialogProps {
  workflowId: string;
  runner: string;
  onRun: (inputs: Record<string, unknown>) => void;
  onClose: () => void;
}

export function InputsDialog({ workflowId, runner, onRun, onClose }: InputsDialogProps) {
  const declared = useEditor((state) => state.graph.inputs ?? NONE);
  const key = `exekra.studio.inputs.${workflowId}`;
  const [texts, setTexts] = useState<Record<string, string>>(() => lastTexts(key));
  const [missing, setMissing] = useState<Record<string, string>>({});
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const inputs: Record<string, unknown> = {};
    const wrong: Record<string, string> = {};
    for (const input of declared) {
      const read = readInput(input, texts[input.name] ?? "");
      if (read.error) wrong[input.name] = read.error;
      else if (read.value !== undefined) inputs[input.name] = read.value;
    }
    setMissing(wrong);
    if (Object.keys(wrong).length > 0) return;
    localStorage.setItem(key, JSON.stringify(texts));
    onRun(inputs);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Run the draft on ${runner}`}
      size={480}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form className={classes["inputs"]} onSubmit={submit} noValidate>
        {declared.map((input, index) => (
          <InputField
            key={input.name}
            input={input}
            text={texts[input.name] ?? ""}
            error={missing[input.name]}
            first={index === 0}
            onChange={(text) => setTexts((before) => ({ ...before, [input.name]: text }))}
          />
        ))}
        <div className="row">
          <Button className="end" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" variant="filled">
            Run
          </Button>
        </div>
      </form>
    </Modal>
  );
}

interface InputFieldProps {
  input: InputDeclaration;
  text: string;
  error: string | undefined;
  first: boolean;
  onChange: (text: string) => void;
}

function InputField({ input, text, error, first, onChange }: InputFieldProps) {
  const shared = {
    label: input.name,
    description: input.description ?? "",
    error: error ?? null,
    withAsterisk: (input.required ?? false) && (input.default === undefined || input.default === null),
    placeholder: shownInput(input.default),
    ...(first ? { "data-autofocus": true } : {}),
  };
  if (input.type === "boolean") {
    const on = text === "" ? input.default === true : text === "true";
    return (
      <Switch label={input.name} checked={on} onChange={(event) => onChange(String(event.currentTarget.checked))} />
    );
  }
  if (input.type === "number" || input.type === "integer") {
    return (
      <NumberInput
        {...shared}
        value={text}
        allowDecimal={input.type === "number"}
        onChange={(value) => onChange(String(value))}
      />
    );
  }
  if (input.type === "object" || input.type === "array" || input.type === "any" || input.type === undefined) {
    return (
      <Textarea
        {...shared}
        value={text}
        autosize
        minRows={1}
        maxRows={8}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return <TextInput {...shared} value={text} onChange={(event) => onChange(event.currentTarget.value)} />;
}

function lastTexts(key: string): Record<string, string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return typeof kept === "object" && kept !== null ? (kept as Record<string, string>) : {};
  } catch {
    return {};
  }
}

/** What the workflow is given at each fire: fields for the inputs its published version declares. */
import { Select, Textarea, TextInput } from "@mantine/core";

import type { FormPart } from "./form";
import { readInputs, type DeclaredInput } from "./inputs";
import { Section } from "./Section";

interface InputFieldsProps extends FormPart {
  declared: readonly DeclaredInput[];
  /** The inputs are those of the delivery, laid over these. */
  isWebhook: boolean;
}

export function InputFields({ draft, update, errorAt, declared, isWebhook }: InputFieldsProps) {
  const others = Object.keys(draft.inputs).filter((name) => !declared.some((input) => input.name === name));
  const fields = [
    ...declared,
    ...others.map((name) => ({ name, type: "any", required: false, description: "The workflow does not declare it." })),
  ];
  const { wrong } = readInputs(declared, draft.inputs);
  return (
    <Section title="Inputs">
      {fields.length === 0 && <p className="mut">The workflow declares no inputs.</p>}
      {fields.map((input) => (
        <InputField
          key={input.name}
          input={input}
          value={draft.inputs[input.name] ?? ""}
          error={wrong[input.name] ?? errorAt(`/inputs/${input.name}`)}
          onChange={(text) => update({ inputs: { ...draft.inputs, [input.name]: text } })}
        />
      ))}
      {fields.length > 0 && (
        <p className="dim sm">
          {isWebhook ? (
            <>
              What is delivered comes beside these, as <span className="mono">inputs.webhook</span>: body, headers,
              query.
            </>
          ) : (
            <>
              <span className="mono">{"{{ fire.at }}"}</span>, <span className="mono">{"{{ fire.date }}"}</span> and{" "}
              <span className="mono">{"{{ fire.time }}"}</span> stand for the moment it fires.
            </>
          )}
        </p>
      )}
      {errorAt("/inputs") && <p className="mantine-InputWrapper-error">{errorAt("/inputs")}</p>}
    </Section>
  );
}

interface InputFieldProps {
  input: DeclaredInput;
  value: string;
  error: string | undefined;
  onChange: (text: string) => void;
}

function InputField({ input, value, error, onChange }: InputFieldProps) {
  const shared = {
    label: input.name,
    description: input.description,
    withAsterisk: input.required && input.default === undefined,
    placeholder: input.default === undefined ? "" : JSON.stringify(input.default),
    value,
    error,
  };
  if (input.type === "boolean" && !value.includes("{{")) {
    return (
      <Select
        {...shared}
        clearable
        data={[
          { value: "true", label: "yes" },
          { value: "false", label: "no" },
        ]}
        onChange={(chosen) => onChange(chosen ?? "")}
      />
    );
  }
  if (["object", "array", "any"].includes(input.type)) {
    return (
      <Textarea
        {...shared}
        autosize
        minRows={1}
        maxRows={10}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return <TextInput {...shared} onChange={(event) => onChange(event.currentTarget.value)} />;
}

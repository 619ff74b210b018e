/** A field for a secret: one of the vault's. What was typed into it before can be seen to be there, and taken out. */
import { PasswordInput, Select } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { useNamedCredentials } from "./credentials";
import { useForm } from "./form";
import type { WidgetProps } from "./widgets";

export function SecretWidget({ id, shape, value, invalid, onChange }: WidgetProps) {
  const { readOnly } = useForm();
  const named = useNamedCredentials();
  const text = typeof value === "string" ? value : "";
  if (text !== "")
    return (
      <PasswordInput
        id={id}
        value={text}
        error={invalid}
        readOnly={readOnly}
        autoComplete="off"
        description="Whoever sees the workflow can read this. Empty it to choose a credential of the vault."
        onChange={(event) => onChange(event.currentTarget.value || (shape.required ? "" : undefined))}
      />
    );
  return (
    <>
      <Select
        id={id}
        data={(named ?? []).map(({ name, fields }) => ({
          group: name,
          items: fields.map((field) => ({ value: `{{ credentials.${name}.${field} }}`, label: `${name} · ${field}` })),
        }))}
        value={null}
        searchable
        nothingFoundMessage="The vault has no such credential."
        placeholder="Choose a credential"
        error={invalid}
        readOnly={readOnly}
        onChange={(next) => next !== null && onChange(next)}
      />
      {named?.length === 0 && (
        <span className="dim sm">
          No credential yet: make one in the{" "}
          <Link to="/credentials" className="link">
            vault
          </Link>
          .
        </span>
      )}
    </>
  );
}

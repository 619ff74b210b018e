/** The value of a credential while it is written: fields by kind, and what of them is sent. */
import type { Kind } from "./queries";

export interface Entry {
  name: string;
  text: string;
}

interface FieldWords {
  name: string;
  label: string;
  isOptional?: boolean;
  isLong?: boolean;
  isPlain?: boolean;
}

export const KINDS: Record<Kind, { label: string; fields: readonly FieldWords[] }> = {
  login: {
    label: "User name and password",
    fields: [
      { name: "username", label: "User name", isPlain: true },
      { name: "password", label: "Password" },
    ],
  },
  token: { label: "Token", fields: [{ name: "token", label: "Token" }] },
  keyValue: { label: "Fields of your own", fields: [] },
  certificate: {
    label: "Certificate",
    fields: [
      { name: "certificate", label: "Certificate, PEM", isLong: true },
      { name: "privateKey", label: "Private key, PEM", isLong: true },
      { name: "password", label: "Password of the key, if it has one", isOptional: true },
    ],
  },
};

/** An identifier, as expressions write it. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** Empty entries to be filled in; those of a credential there is keep the names of its own fields. */
export function emptyEntries(kind: Kind, fields: readonly string[] = []): Entry[] {
  const fixed = KINDS[kind].fields.map(({ name }) => ({ name, text: "" }));
  if (fixed.length > 0) return fixed;
  return fields.length > 0 ? fields.map((name) => ({ name, text: "" })) : [{ name: "", text: "" }];
}

/** What is sent, or null while something is missing. */
export function valueOf(kind: Kind, entries: readonly Entry[]): Record<string, string> | null {
  const optional = KINDS[kind].fields.filter((field) => field.isOptional).map((field) => field.name);
  const filled = entries.filter((entry) => entry.text !== "" || !optional.includes(entry.name));
  const names = new Set(filled.map((entry) => entry.name));
  const whole = filled.every((entry) => entry.text !== "" && NAME.test(entry.name));
  return whole && filled.length > 0 && names.size === filled.length
    ? Object.fromEntries(filled.map(({ name, text }) => [name, text]))
    : null;
}

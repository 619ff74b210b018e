/** Writes the value of a credential. What was kept before is never here: it is replaced as a whole. */
import { ActionIcon, Button, PasswordInput, Textarea, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";

import type { Problem } from "~/api/problem";

import type { Kind } from "./queries";
import { KINDS, type Entry } from "./value";

interface ValueFieldsProps {
  kind: Kind;
  entries: readonly Entry[];
  problem: Problem | null;
  onChange: (entries: Entry[]) => void;
}

export function ValueFields({ kind, entries, problem, onChange }: ValueFieldsProps) {
  const set = (at: number, change: Partial<Entry>) =>
    onChange(entries.map((entry, index) => (index === at ? { ...entry, ...change } : entry)));
  const fields = KINDS[kind].fields;
  if (fields.length > 0)
    return entries.map((entry, at) => {
      const words = fields.find((field) => field.name === entry.name);
      const shared = {
        label: words?.label ?? entry.name,
        value: entry.text,
        error: problem?.field(`/value/${entry.name}`),
        autoComplete: "new-password",
        onChange: (event: { currentTarget: { value: string } }) => set(at, { text: event.currentTarget.value }),
      };
      if (words?.isLong) return <Textarea key={entry.name} {...shared} classNames={{ input: "mono" }} rows={4} />;
      return words?.isPlain ? (
        <TextInput key={entry.name} {...shared} />
      ) : (
        <PasswordInput key={entry.name} {...shared} />
      );
    });
  return (
    <>
      {entries.map((entry, at) => (
        <div className="row" key={at}>
          <TextInput
            style={{ flex: "1 1 0", minWidth: 0 }}
            aria-label={`Name of field ${at + 1}`}
            placeholder="Field"
            value={entry.name}
            onChange={(event) => set(at, { name: event.currentTarget.value.trim() })}
          />
          <PasswordInput
            style={{ flex: "2 1 0", minWidth: 0 }}
            aria-label={`Value of field ${at + 1}`}
            placeholder="Value"
            autoComplete="new-password"
            value={entry.text}
            error={problem?.field(`/value/${entry.name}`)}
            onChange={(event) => set(at, { text: event.currentTarget.value })}
          />
          <ActionIcon
            aria-label={`Remove field ${at + 1}`}
            disabled={entries.length === 1}
            onClick={() => onChange(entries.filter((_, index) => index !== at))}
          >
            <IconTrash size={16} stroke={1.5} />
          </ActionIcon>
        </div>
      ))}
      <div>
        <Button
          leftSection={<IconPlus size={16} stroke={1.5} />}
          onClick={() => onChange([...entries, { name: "", text: "" }])}
        >
          Another field
        </Button>
      </div>
    </>
  );
}

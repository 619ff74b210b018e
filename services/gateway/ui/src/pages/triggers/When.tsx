/** When a schedule fires: by cron, at a steady interval, or once; and between which days. */
import { Button, Menu, NumberInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useId, useState } from "react";

import { changeField, FIELD_HELP, FIELDS, PRESETS, splitCron, type FieldName } from "./cron";
import { UNITS, type Mode, type Unit } from "./draft";
import type { FormPart } from "./form";
import classes from "./Form.module.css";
import { Section } from "./Section";
import { spellInterval } from "./words";

const MODES = [
  { value: "cron", label: "At set times" },
  { value: "interval", label: "Every so often" },
  { value: "at", label: "Once" },
];

/** `words`: what the Hub makes of it; empty until it has answered. */
export function When({ draft, update, errorAt, words }: FormPart & { words: string }) {
  return (
    <Section title="When">
      <p className={classes["words"]} aria-live="polite">
        {words || (draft.mode === "interval" ? spellInterval(draft.every * UNITS[draft.unit]) : " ")}
      </p>
      <div className="row wrap">
        <SegmentedControl
          aria-label="How it repeats"
          size="xs"
          data={MODES}
          value={draft.mode}
          onChange={(mode) => update({ mode: mode as Mode })}
        />
        {draft.mode === "cron" && <Presets onChoose={(cron) => update({ cron })} />}
      </div>
      {draft.mode === "cron" && (
        <CronFields cron={draft.cron} error={errorAt("/cron")} onChange={(cron) => update({ cron })} />
      )}
      {draft.mode === "interval" && (
        <div className={classes["inline"]}>
          <NumberInput
            label="Every"
            w={110}
            min={1}
            allowDecimal={false}
            value={draft.every}
            error={errorAt("/intervalSeconds")}
            onChange={(value) => update({ every: Number(value) || 1 })}
          />
          <Select
            aria-label="Unit"
            w={130}
            data={Object.keys(UNITS)}
            value={draft.unit}
            onChange={(unit) => update({ unit: unit as Unit })}
          />
        </div>
      )}
      {draft.mode === "at" && (
        <TextInput
          label="Day and time"
          type="datetime-local"
          w={230}
          value={draft.at}
          error={errorAt("/at")}
          onChange={(event) => update({ at: event.currentTarget.value })}
        />
      )}
      {draft.mode !== "at" && (
        <div className={classes["inline"]}>
          <TextInput
            label="Not before"
            type="datetime-local"
            w={210}
            value={draft.startsAt}
            error={errorAt("/startsAt")}
            onChange={(event) => update({ startsAt: event.currentTarget.value })}
          />
          <TextInput
            label="Not after"
            type="datetime-local"
            w={210}
            value={draft.endsAt}
            error={errorAt("/endsAt")}
            onChange={(event) => update({ endsAt: event.currentTarget.value })}
          />
        </div>
      )}
    </Section>
  );
}

function Presets({ onChoose }: { onChoose: (cron: string) => void }) {
  return (
    <Menu position="bottom-start" width={290}>
      <Menu.Target>
        <Button size="xs" variant="subtle" rightSection={<IconChevronDown size={14} stroke={1.5} />}>
          Usual ones
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {PRESETS.map((preset) => (
          <Menu.Item key={preset.cron} onClick={() => onChoose(preset.cron)}>
            {preset.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface CronFieldsProps {
  cron: string;
  error: string | undefined;
  onChange: (cron: string) => void;
}

/** A whole expression can be pasted into any of the fields. */
function CronFields({ cron, error, onChange }: CronFieldsProps) {
  const id = useId();
  const [at, setAt] = useState<FieldName | null>(null);
  const parts = splitCron(cron);
  return (
    <div className="stack tight">
      <div className={classes["cron"]}>
        {FIELDS.map((field, index) => (
          <div key={field}>
            <TextInput
              id={`${id}-${field}`}
              value={parts[index] ?? ""}
              error={error !== undefined}
              aria-describedby={`${id}-help`}
              autoComplete="off"
              spellCheck={false}
              onFocus={(event) => {
                setAt(field);
                event.currentTarget.select();
              }}
              onChange={(event) => onChange(changeField(cron, index, event.currentTarget.value))}
            />
            <label htmlFor={`${id}-${field}`}>{field}</label>
          </div>
        ))}
      </div>
      <p
        id={`${id}-help`}
        className={error ? "mantine-InputWrapper-error" : "dim sm"}
        role={error ? "alert" : undefined}
      >
        {error ?? (at ? FIELD_HELP[at] : "Five fields of cron; an expression can be pasted into any of them.")}
      </p>
    </div>
  );
}

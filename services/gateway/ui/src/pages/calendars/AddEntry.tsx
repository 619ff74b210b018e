/** The fields of one more entry, by its kind. */
import { Button, MultiSelect, NumberInput, Select, TextInput } from "@mantine/core";
import { useState } from "react";

import classes from "./Calendar.module.css";
import { MONTHS, newEntry, NTHS, spellEntry, TYPES, WEEKDAYS, type Entry, type Nth, type Weekday } from "./entries";

const MONTH_CHOICES = MONTHS.map((label, index) => ({ value: String(index + 1), label }));
const NTH_CHOICES = Object.entries(NTHS).map(([value, label]) => ({ value, label }));

const today = () => new Date().toLocaleDateString("sv-SE");

export function AddEntry({ onAdd }: { onAdd: (entry: Entry) => void }) {
  const [entry, setEntry] = useState<Entry | null>(null);
  const [note, setNote] = useState("");
  if (!entry) {
    return (
      <Button size="xs" onClick={() => setEntry(newEntry("date", today()))} style={{ alignSelf: "flex-start" }}>
        Add days
      </Button>
    );
  }
  const close = () => {
    setEntry(null);
    setNote("");
  };
  const isWhole = !(entry.type === "weekdays" && entry.days.length === 0) && !spellEntry(entry).includes("NaN");
  return (
    <div className="stack">
      <Select
        label="Which days"
        data={TYPES}
        value={entry.type}
        onChange={(type) => type && setEntry(newEntry(type as Entry["type"], today()))}
      />
      <Fields entry={entry} onChange={setEntry} />
      <TextInput
        label="Called"
        placeholder="Company holiday"
        maxLength={200}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <div className="row">
        <Button className="end" size="xs" onClick={close}>
          Cancel
        </Button>
        <Button
          size="xs"
          disabled={!isWhole}
          onClick={() => {
            onAdd(note.trim() ? { ...entry, note: note.trim() } : entry);
            close();
          }}
        >
          Add
        </Button>
      </div>
    </div>
  );
}

function Fields({ entry, onChange }: { entry: Entry; onChange: (entry: Entry) => void }) {
  switch (entry.type) {
    case "date":
      return <DayField label="Day" value={entry.date} onChange={(date) => onChange({ ...entry, date })} />;
    case "range":
      return (
        <div className={classes["fields"]}>
          <DayField label="From" value={entry.from} onChange={(from) => onChange({ ...entry, from })} />
          <DayField label="To" value={entry.to} onChange={(to) => onChange({ ...entry, to })} />
        </div>
      );
    case "weekdays":
      return (
        <MultiSelect
          label="Days"
          data={[...WEEKDAYS]}
          value={entry.days}
          onChange={(days) => onChange({ ...entry, days: days as Weekday[] })}
        />
      );
    case "yearly":
      return (
        <div className={classes["fields"]}>
          <NumberInput
            label="Day"
            w={80}
            min={1}
            max={31}
            value={entry.day}
            onChange={(day) => onChange({ ...entry, day: Number(day) || 1 })}
          />
          <MonthField month={entry.month} onChange={(month) => onChange({ ...entry, month })} />
        </div>
      );
    case "yearlyWeekday":
      return (
        <div className={classes["fields"]}>
          <Select
            label="The"
            w={120}
            data={NTH_CHOICES}
            value={String(entry.nth)}
            onChange={(nth) => onChange({ ...entry, nth: Number(nth ?? 1) as Nth })}
          />
          <Select
            aria-label="Weekday"
            w={130}
            data={[...WEEKDAYS]}
            value={entry.weekday}
            onChange={(weekday) => onChange({ ...entry, weekday: (weekday ?? "monday") as Weekday })}
          />
          <MonthField month={entry.month} onChange={(month) => onChange({ ...entry, month })} />
        </div>
      );
    case "easter":
      return (
        <NumberInput
          label="Days after Easter Sunday"
          description={spellEntry(entry)}
          min={-70}
          max={70}
          value={entry.offsetDays}
          onChange={(days) => onChange({ ...entry, offsetDays: Number(days) || 0 })}
        />
      );
  }
}

function DayField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <TextInput
      label={label}
      type="date"
      w={150}
      value={value}
      onChange={(event) => event.currentTarget.value && onChange(event.currentTarget.value)}
    />
  );
}

function MonthField({ month, onChange }: { month: number; onChange: (month: number) => void }) {
  return (
    <Select
      label="Month"
      w={140}
      data={MONTH_CHOICES}
      value={String(month)}
      onChange={(value) => onChange(Number(value ?? 1))}
    />
  );
}

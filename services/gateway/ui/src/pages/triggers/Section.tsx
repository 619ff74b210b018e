import type { ReactNode } from "react";

import classes from "./Form.module.css";

/** One question of the form: its word on the left, its fields on the right. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes["section"]}>
      <h2>{title}</h2>
      <div className="stack">{children}</div>
    </section>
  );
}

interface ChoiceCardsProps<Value extends string> {
  label: string;
  value: Value;
  choices: readonly { value: Value; label: string; help: string; picture?: ReactNode }[];
  onChange: (value: Value) => void;
}

/** A few choices that need a sentence each. */
export function ChoiceCards<Value extends string>({ label, value, choices, onChange }: ChoiceCardsProps<Value>) {
  return (
    <div className={classes["cards"]} role="radiogroup" aria-label={label}>
      {choices.map((choice) => (
        <label key={choice.value} className={classes["card"]} data-on={choice.value === value || undefined}>
          <input
            type="radio"
            className="vh"
            name={label}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          {choice.picture}
          <b className="strong">{choice.label}</b>
          <span className="mut sm">{choice.help}</span>
        </label>
      ))}
    </div>
  );
}

/** What a schedule does with fires that come late, and while the execution before still runs. */
import { NumberInput } from "@mantine/core";

import type { MisfirePolicy, Overlap } from "./draft";
import type { FormPart } from "./form";
import classes from "./Form.module.css";
import { ChoiceCards, Section } from "./Section";

const MISFIRES: readonly { value: MisfirePolicy; label: string; help: string }[] = [
  { value: "once", label: "Run once", help: "as soon as the Hub is back, for all that were missed" },
  { value: "skip", label: "Skip", help: "wait for the next fire; a backfill can make up for it" },
  { value: "all", label: "Run each", help: "every missed fire, in order; the newest when there are too many" },
];

export function Misfires({ draft, update, errorAt }: FormPart) {
  return (
    <Section title="Missed fire">
      <ChoiceCards
        label="Missed fire"
        value={draft.misfire}
        choices={MISFIRES}
        onChange={(misfire) => update({ misfire })}
      />
      <div className={classes["inline"]}>
        <NumberInput
          label="Counts as missed after"
          suffix=" s"
          w={150}
          min={0}
          value={draft.graceSeconds}
          error={errorAt("/misfire/graceSeconds")}
          onChange={(value) => update({ graceSeconds: Number(value) || 0 })}
        />
        {draft.misfire === "all" && (
          <NumberInput
            label="At most"
            suffix=" fires"
            w={130}
            min={1}
            max={1_000}
            value={draft.misfireMax}
            error={errorAt("/misfire/max")}
            onChange={(value) => update({ misfireMax: Number(value) || 1 })}
          />
        )}
      </div>
    </Section>
  );
}

const OVERLAPS: readonly { value: Overlap; label: string; help: string }[] = [
  { value: "allow", label: "Allow", help: "both run" },
  { value: "skip", label: "Skip", help: "leave this fire out" },
  { value: "queue", label: "Queue", help: "start afterwards" },
  { value: "stopPrevious", label: "Stop previous", help: "newest wins" },
];

export function Overlaps({ draft, update }: FormPart) {
  return (
    <Section title="Still running">
      <ChoiceCards
        label="Still running"
        value={draft.overlap}
        choices={OVERLAPS.map((choice) => ({ ...choice, picture: <Picture overlap={choice.value} /> }))}
        onChange={(overlap) => update({ overlap })}
      />
    </Section>
  );
}

/** Two bars on a time line: the execution before, and the one of this fire (the dashed line). */
function Picture({ overlap }: { overlap: Overlap }) {
  const ran = "var(--st-running)";
  const quiet = "var(--line-strong)";
  const first = overlap === "stopPrevious" ? 40 : 66;
  return (
    <svg viewBox="0 0 108 26" className={classes["picture"]} aria-hidden="true">
      <path d="M40 0v26" stroke="var(--ink-3)" strokeDasharray="2 2" />
      <rect
        x="2"
        y="3"
        width={first - 2}
        height="7"
        rx="2"
        fill={overlap === "stopPrevious" ? "var(--st-stopped)" : ran}
      />
      {overlap === "allow" && <rect x="40" y="15" width="56" height="7" rx="2" fill={ran} />}
      {overlap === "skip" && <rect x="40" y="15" width="9" height="7" rx="2" fill={quiet} />}
      {overlap === "queue" && (
        <>
          <rect x="40" y="15" width="26" height="7" rx="2" fill={quiet} />
          <rect x="67" y="15" width="38" height="7" rx="2" fill={ran} />
        </>
      )}
      {overlap === "stopPrevious" && <rect x="41" y="15" width="56" height="7" rx="2" fill={ran} />}
    </svg>
  );
}

/** What few triggers need: priority, labels, deduplication, how long to wait and to run. */
import { NumberInput, TagsInput, TextInput } from "@mantine/core";

import type { FormPart } from "./form";
import classes from "./Form.module.css";
import { Section } from "./Section";

export function More({ draft, update, errorAt }: FormPart) {
  return (
    <details className={classes["more"]}>
      <summary>Queue, limits and deduplication</summary>
      <Section title="Queue">
        <div className={classes["inline"]}>
          <NumberInput
            label="Priority"
            description="1 to 100; higher goes first."
            w={180}
            min={1}
            max={100}
            value={draft.priority}
            error={errorAt("/priority")}
            onChange={(value) => update({ priority: Number(value) || 50 })}
          />
          {draft.kind === "schedule" && (
            <NumberInput
              label="Spread over"
              description="Starts late by up to this."
              suffix=" s"
              w={180}
              min={0}
              value={draft.jitterSeconds}
              error={errorAt("/jitterSeconds")}
              onChange={(value) => update({ jitterSeconds: Number(value) || 0 })}
            />
          )}
        </div>
        <TagsInput
          label="Labels"
          description="Only runners with all of them take it."
          splitChars={[",", " "]}
          value={[...draft.labels]}
          error={errorAt("/labels")}
          onChange={(labels) => update({ labels })}
        />
      </Section>
      <Section title="Limits">
        <div className={classes["inline"]}>
          <NumberInput
            label="Waits at most"
            description="In the queue; 0 is what the workflow says."
            suffix=" s"
            w={190}
            min={0}
            value={draft.queueTimeoutSeconds}
            error={errorAt("/queueTimeoutSeconds")}
            onChange={(value) => update({ queueTimeoutSeconds: Number(value) || 0 })}
          />
          <NumberInput
            label="Runs at most"
            description="0 is what the workflow says."
            suffix=" s"
            w={190}
            min={0}
            value={draft.timeoutSeconds}
            error={errorAt("/timeoutSeconds")}
            onChange={(value) => update({ timeoutSeconds: Number(value) || 0 })}
          />
        </div>
      </Section>
      <Section title="Duplicates">
        <TextInput
          label="Deduplication key"
          description="While an execution with the same key lives, no second one starts."
          value={draft.dedupeKey}
          error={errorAt("/dedupeKey")}
          onChange={(event) => update({ dedupeKey: event.currentTarget.value })}
        />
      </Section>
    </details>
  );
}

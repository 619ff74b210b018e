/** Entries one below the other, each with the widget of its own type. */
import { ActionIcon, Button } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";

import type { Json } from "../model/graph";
import { pointerTo } from "../model/problems";
import { Field } from "./Field";
import { useForm } from "./form";
import { firstValue, shapeOf } from "./shape";
import type { WidgetProps } from "./widgets";
import classes from "./Form.module.css";

export function ListWidget({ shape, value, pointer, onChange }: WidgetProps) {
  const form = useForm();
  const entries = Array.isArray(value) ? value : [];
  const items = shape.schema.items ?? {};
  const put = (next: Json[]) => onChange(next.length === 0 && !shape.required ? undefined : next);
  const swap = (index: number, other: number) =>
    put(
      entries.map((entry, at) =>
        at === index ? (entries[other] ?? null) : at === other ? (entries[index] ?? null) : entry,
      ),
    );
  return (
    <div className={classes["entries"]}>
      {entries.map((entry, index) => {
        const entryShape = shapeOf(String(index), items, true, form.context, false);
        const title = entryShape.schema.type === "object" ? `${shape.title} ${index + 1}` : `${index + 1}`;
        return (
          <div className={classes["entry"]} key={index}>
            <Field
              name={String(index)}
              shape={{ ...entryShape, title, required: false }}
              value={entry}
              pointer={pointerTo(pointer, index)}
              onChange={(next) => put(entries.map((before, at) => (at === index ? (next ?? "") : before)))}
            />
            {!form.readOnly && (
              <span className={classes["entryActions"]}>
                <ActionIcon
                  size={22}
                  disabled={index === 0}
                  aria-label={`Move ${title} up`}
                  onClick={() => swap(index, index - 1)}
                >
                  <IconArrowUp size={14} />
                </ActionIcon>
                <ActionIcon
                  size={22}
                  disabled={index === entries.length - 1}
                  aria-label={`Move ${title} down`}
                  onClick={() => swap(index, index + 1)}
                >
                  <IconArrowDown size={14} />
                </ActionIcon>
                <ActionIcon
                  size={22}
                  aria-label={`Remove ${title}`}
                  onClick={() => put(entries.filter((_, at) => at !== index))}
                >
                  <IconTrash size={14} />
                </ActionIcon>
              </span>
            )}
          </div>
        );
      })}
      {!form.readOnly && (
        <Button
          size="xs"
          variant="subtle"
          data-field
          leftSection={<IconPlus size={14} />}
          onClick={() => put([...entries, firstValue(items, form.context.root)])}
        >
          Add to {shape.title.toLowerCase()}
        </Button>
      )}
    </div>
  );
}

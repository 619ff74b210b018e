/**
 * An element on a page or window: candidates tried from the top, the first that matches once is used.
 *
 * The value is `{candidates: [{strategy, value, …}], …}`; what else the node's schema has is shown below.
 */
import { ActionIcon, Button, Select, TextInput } from "@mantine/core";
import { IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";

import { isObject, type Json, type JsonObject } from "../model/graph";
import { pointerTo } from "../model/problems";
import type { Schema } from "../model/declarations";
import { Fields } from "./Fields";
import { useForm } from "./form";
import { firstValue, resolved } from "./shape";
import type { WidgetProps } from "./widgets";
import classes from "./Form.module.css";

const LIST = "candidates";

export function SelectorWidget({ shape, value, pointer, onChange }: WidgetProps) {
  const form = useForm();
  const selector: JsonObject = isObject(value) ? (value as JsonObject) : {};
  const items = resolved(shape.schema.properties?.[LIST]?.items ?? {}, form.context.root);
  const [kindKey, textKey] = keysOf(items);
  const listed = selector[LIST];
  const candidates = Array.isArray(listed)
    ? listed.map((each) => (isObject(each) ? (each as JsonObject) : { [textKey]: each }))
    : [];
  const put = (next: JsonObject[]) => onChange({ ...selector, [LIST]: next as Json[] });
  const kinds = (items.properties?.[kindKey]?.enum ?? []).map(String);
  return (
    <div className={classes["entries"]}>
      {candidates.map((candidate, index) => (
        <div className={classes["candidate"]} key={index}>
          <span className="dim micro num">{index + 1}</span>
          {kinds.length > 0 && (
            <Select
              aria-label={`Kind of candidate ${index + 1}`}
              data={kinds}
              value={String(candidate[kindKey] ?? kinds[0])}
              readOnly={form.readOnly}
              onChange={(kind) => kind && put(replaced(candidates, index, { ...candidate, [kindKey]: kind }))}
            />
          )}
          <TextInput
            aria-label={`Candidate ${index + 1}`}
            className={classes["mono"] ?? ""}
            value={String(candidate[textKey] ?? "")}
            readOnly={form.readOnly}
            error={form.problemsAt(pointerTo(pointerTo(pointer, LIST), index)).length > 0}
            onChange={(event) =>
              put(replaced(candidates, index, { ...candidate, [textKey]: event.currentTarget.value }))
            }
          />
          <ActionIcon
            size={22}
            disabled={index === 0 || form.readOnly}
            aria-label={`Try candidate ${index + 1} earlier`}
            onClick={() => put(raised(candidates, index))}
          >
            <IconArrowUp size={14} />
          </ActionIcon>
          <ActionIcon
            size={22}
            disabled={form.readOnly}
            aria-label={`Remove candidate ${index + 1}`}
            onClick={() => put(candidates.filter((_, at) => at !== index))}
          >
            <IconTrash size={14} />
          </ActionIcon>
        </div>
      ))}
      {!form.readOnly && (
        <Button
          size="xs"
          variant="subtle"
          data-field
          leftSection={<IconPlus size={14} />}
          onClick={() => put([...candidates, first(items, form.context.root)])}
        >
          Add a candidate
        </Button>
      )}
      <Fields schema={shape.schema} value={selector} pointer={pointer} hidden={[LIST]} onChange={onChange} />
    </div>
  );
}

/** The members that say how and what, by what the schema offers. */
function keysOf(items: Schema): [kind: string, text: string] {
  const names = Object.keys(items.properties ?? {});
  const kind = names.find((name) => items.properties?.[name]?.enum) ?? "strategy";
  const text = names.find((name) => name !== kind && items.properties?.[name]?.type === "string") ?? "value";
  return [kind, text];
}

function first(items: Schema, root: Schema): JsonObject {
  const value = firstValue(items, root);
  return isObject(value) ? (value as JsonObject) : {};
}

function replaced(list: JsonObject[], index: number, entry: JsonObject): JsonObject[] {
  return list.map((before, at) => (at === index ? entry : before));
}

function raised(list: JsonObject[], index: number): JsonObject[] {
  const copy = [...list];
  const [entry] = copy.splice(index, 1);
  if (entry) copy.splice(index - 1, 0, entry);
  return copy;
}

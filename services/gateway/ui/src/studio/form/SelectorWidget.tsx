/**
 * An element on a page or in a window: one line of text, or candidates tried from the top, with an anchor beside which
 * the element stands when several are alike.
 */
import { Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { IconAnchor } from "@tabler/icons-react";
import { useState } from "react";

import { isObject, type JsonObject } from "../model/graph";
import { pointerTo } from "../model/problems";
import { Candidates } from "./Candidates";
import { Fields } from "./Fields";
import { useForm } from "./form";
import {
  ANCHOR,
  candidatesIn,
  fromText,
  LIST,
  readSchema,
  RELATION,
  relationWord,
  toText,
  type SelectorSchema,
} from "./selector";
import type { WidgetProps } from "./widgets";
import classes from "./Form.module.css";

const FORMS = [
  { value: "line", label: "One line" },
  { value: "list", label: "Several ways" },
];

export function SelectorWidget({ id, shape, value, pointer, invalid, onChange }: WidgetProps) {
  const form = useForm();
  const schema = readSchema(shape.schema, form.context.root);
  const line = typeof value === "string" ? value : toText(value, schema);
  const [listing, setListing] = useState(isObject(value));
  const asLine = schema.takesText && !isObject(value) && !listing;
  const turn = (next: string) => {
    setListing(next === "list");
    if (next === "list") onChange(fromText(line ?? "", schema));
    else onChange(line === "" && !shape.required ? undefined : (line ?? ""));
  };
  return (
    <div className={classes["entries"]}>
      {schema.takesText && !form.readOnly && (
        <SegmentedControl
          size="xs"
          aria-label={`How ${shape.title.toLowerCase()} is named`}
          // What takes more than a line has no way back to one.
          data={FORMS.map((each) => ({ ...each, disabled: each.value === "line" && line === null }))}
          value={asLine ? "line" : "list"}
          onChange={turn}
        />
      )}
      {asLine ? (
        <TextInput
          id={id}
          className={classes["mono"] ?? ""}
          value={line ?? ""}
          placeholder="#save, text=Send, label=Delivery date"
          error={invalid}
          readOnly={form.readOnly}
          onChange={(event) => {
            const text = event.currentTarget.value;
            onChange(text === "" && !shape.required ? undefined : text);
          }}
        />
      ) : (
        <Several
          schema={schema}
          selector={isObject(value) ? (value as JsonObject) : {}}
          pointer={pointer}
          onChange={onChange}
        />
      )}
    </div>
  );
}

interface SeveralProps {
  schema: SelectorSchema;
  selector: JsonObject;
  pointer: string;
  onChange: (selector: JsonObject) => void;
}

function Several({ schema, selector, pointer, onChange }: SeveralProps) {
  return (
    <>
      <Candidates
        schema={schema}
        candidates={candidatesIn(selector, schema)}
        pointer={pointer}
        word="Candidate"
        onChange={(candidates) => onChange({ ...selector, [LIST]: candidates })}
      />
      {schema.relations.length > 0 && (
        <Anchor schema={schema} selector={selector} pointer={pointerTo(pointer, ANCHOR)} onChange={onChange} />
      )}
      <Fields schema={schema.whole} value={selector} pointer={pointer} hidden={[LIST, ANCHOR]} onChange={onChange} />
    </>
  );
}

function Anchor({ schema, selector, pointer, onChange }: SeveralProps) {
  const { readOnly } = useForm();
  const { [ANCHOR]: given, ...rest } = selector;
  if (!isObject(given)) {
    if (readOnly) return null;
    const first = { [RELATION]: schema.relations[0] ?? "", [LIST]: fromText("label=", schema)[LIST] ?? [] };
    return (
      <Button
        size="xs"
        variant="subtle"
        leftSection={<IconAnchor size={14} />}
        onClick={() => onChange({ ...selector, [ANCHOR]: first })}
      >
        Say what it stands beside
      </Button>
    );
  }
  const anchor = given as JsonObject;
  const put = (change: JsonObject) => onChange({ ...selector, [ANCHOR]: { ...anchor, ...change } });
  return (
    <div className={classes["inner"]}>
      <Select
        label="From the anchor it stands"
        data={schema.relations.map((each) => ({ value: each, label: relationWord(each) }))}
        value={String(anchor[RELATION] ?? schema.relations[0])}
        readOnly={readOnly}
        allowDeselect={false}
        onChange={(next) => next && put({ [RELATION]: next })}
      />
      <Candidates
        schema={schema}
        candidates={candidatesIn(anchor, schema)}
        pointer={pointer}
        word="Candidate of the anchor"
        onChange={(candidates) => put({ [LIST]: candidates })}
      />
      {!readOnly && (
        <div className="row">
          <Button size="xs" variant="subtle" onClick={() => onChange(rest)}>
            Remove the anchor
          </Button>
        </div>
      )}
    </div>
  );
}

/** How a workflow runs as a whole: time, repeats, lost contact, how many at once, what it needs of a runner. */
import { NumberInput, SegmentedControl, Switch, TagsInput, TextInput } from "@mantine/core";

import { useForm } from "../form/form";
import { isObject, type Json, type JsonObject } from "../model/graph";
import { useEditor, useStudio } from "../state/context";
import classes from "./Settings.module.css";

const NONE: JsonObject = {};

export function RunSettings() {
  const { editor } = useStudio();
  const form = useForm();
  const settings = useEditor((state) => state.graph.settings ?? NONE);
  const change = (name: string, value: Json | undefined) =>
    editor.getState().edit((graph) => {
      const { [name]: _before, ...rest } = graph.settings ?? {};
      void _before;
      return { ...graph, settings: value === undefined ? rest : { ...rest, [name]: value } };
    }, `settings/${name}`);
  const nested = (name: string) => (isObject(settings[name]) ? (settings[name] as JsonObject) : {});
  const number = (value: Json | undefined) => (typeof value === "number" ? value : "");
  const problem = (field: string) => form.problemsAt(`/settings/${field}`)[0]?.message ?? null;
  const retry = nested("retry");
  const concurrency = nested("concurrency");
  const requirements = nested("requirements");
  const texts = (value: Json | undefined) => (Array.isArray(value) ? value.map(String) : []);
  const { readOnly } = form;
  return (
    <div className={classes["body"]}>
      <div className={classes["two"]}>
        <NumberInput
          label="Time limit"
          suffix=" s"
          placeholder="the Hub's"
          min={1}
          readOnly={readOnly}
          value={number(settings["timeoutSeconds"])}
          error={problem("timeoutSeconds")}
          onChange={(next) => change("timeoutSeconds", next === "" ? undefined : Number(next))}
        />
        <NumberInput
          label="Attempts"
          placeholder="1"
          min={1}
          max={100}
          allowDecimal={false}
          readOnly={readOnly}
          value={number(retry["maxAttempts"])}
          error={problem("retry")}
          onChange={(next) => change("retry", next === "" ? undefined : { ...retry, maxAttempts: Number(next) })}
        />
      </div>
      <div>
        <div className={classes["label"]} id="on-lost">
          When contact with the runner is lost
        </div>
        <SegmentedControl
          size="xs"
          aria-labelledby="on-lost"
          readOnly={readOnly}
          data={[
            { value: "lost", label: "A person decides" },
            { value: "retry", label: "Run again" },
          ]}
          value={settings["onLost"] === "retry" ? "retry" : "lost"}
          onChange={(next) => change("onLost", next)}
        />
        {problem("onLost") && <p className={classes["problem"]}>{problem("onLost")}</p>}
      </div>
      <Switch
        label="May repeat nodes that cannot be repeated without harm"
        checked={settings["allowRepeat"] === true}
        disabled={readOnly}
        onChange={(event) => change("allowRepeat", event.currentTarget.checked || undefined)}
      />
      <NumberInput
        label="A runner may go on without the Hub for"
        suffix=" s"
        placeholder="3600 s"
        min={30}
        readOnly={readOnly}
        value={number(settings["offlineSeconds"])}
        error={problem("offlineSeconds")}
        onChange={(next) => change("offlineSeconds", next === "" ? undefined : Number(next))}
      />
      <div className={classes["two"]}>
        <NumberInput
          label="At once, at most"
          placeholder="any number"
          min={1}
          allowDecimal={false}
          readOnly={readOnly}
          value={number(concurrency["limit"])}
          error={problem("concurrency")}
          onChange={(next) => change("concurrency", next === "" ? undefined : { ...concurrency, limit: Number(next) })}
        />
        <TextInput
          label="for each"
          placeholder="{{ inputs.customer }}"
          disabled={concurrency["limit"] === undefined}
          readOnly={readOnly}
          value={typeof concurrency["key"] === "string" ? concurrency["key"] : ""}
          onChange={(event) => change("concurrency", { ...concurrency, key: event.currentTarget.value || null })}
        />
      </div>
      <TagsInput
        label="Only on runners with these labels"
        placeholder="finance"
        readOnly={readOnly}
        value={texts(requirements["labels"])}
        onChange={(labels) => change("requirements", { ...requirements, labels })}
      />
      <TagsInput
        label="and these abilities, beside those its nodes need"
        placeholder="browser"
        readOnly={readOnly}
        value={texts(requirements["capabilities"])}
        onChange={(capabilities) => change("requirements", { ...requirements, capabilities })}
      />
    </div>
  );
}

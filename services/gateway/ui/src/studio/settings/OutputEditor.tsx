/** What a run hands back when it ends well: names with templates. */
import { MapWidget } from "../form/MapWidget";
import { useForm } from "../form/form";
import type { Shape } from "../form/shape";
import { isObject } from "../model/graph";
import { useEditor, useStudio } from "../state/context";
import { AnyWidget } from "../form/AnyWidget";
import classes from "./Settings.module.css";

const OUTPUT: Shape = {
  kind: "map",
  schema: {},
  widget: "",
  title: "Output",
  help: "",
  required: false,
  nullable: true,
  literal: false,
};

export function OutputEditor() {
  const { editor } = useStudio();
  const form = useForm();
  const output = useEditor((state) => state.graph.output);
  const named = output === undefined || output === null || isObject(output);
  const Widget = named ? MapWidget : AnyWidget;
  return (
    <div className={classes["body"]}>
      <p className="dim sm">What a run hands back when it ends well, for whoever started it.</p>
      <Widget
        id="workflow-output"
        name="output"
        shape={OUTPUT}
        value={output ?? undefined}
        pointer="/output"
        invalid={form.problemsAt("/output").length > 0}
        onChange={(value) => editor.getState().edit((graph) => ({ ...graph, output: value ?? null }), "output")}
      />
    </div>
  );
}

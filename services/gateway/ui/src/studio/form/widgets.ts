/** Which widget fills in a field. A node that asks for one by name gets it; otherwise the kind decides. */
import { createElement, type ComponentType, type ReactElement } from "react";

import type { Json } from "../model/graph";
import type { Kind, Shape } from "./shape";
import { AnyWidget } from "./AnyWidget";
import { BooleanWidget, ChoicesWidget, ChoiceWidget, NumberWidget, TextWidget } from "./plainWidgets";
import { CodeWidget } from "./CodeWidget";
import { ListWidget } from "./ListWidget";
import { MapWidget } from "./MapWidget";
import { ObjectWidget, VariantsWidget } from "./ObjectWidget";
import { QueueWidget } from "./QueueWidget";
import { SecretWidget } from "./SecretWidget";
import { SelectorWidget } from "./SelectorWidget";
import { WorkflowWidget } from "./WorkflowWidget";

export interface WidgetProps {
  id: string;
  name: string;
  shape: Shape;
  value: Json | undefined;
  pointer: string;
  invalid: boolean;
  /** Undefined takes the field out of the config. */
  onChange: (value: Json | undefined) => void;
}

type Widget = ComponentType<WidgetProps>;

const BY_KIND: Record<Kind, Widget> = {
  text: TextWidget,
  number: NumberWidget,
  boolean: BooleanWidget,
  choice: ChoiceWidget,
  choices: ChoicesWidget,
  expression: TextWidget,
  code: CodeWidget,
  list: ListWidget,
  object: ObjectWidget,
  map: MapWidget,
  variants: VariantsWidget,
  any: AnyWidget,
};

/** By `format` or `x-widget`. */
const BY_NAME: Record<string, Widget> = {
  selector: SelectorWidget,
  password: SecretWidget,
  workflow: WorkflowWidget,
  workQueue: QueueWidget,
  code: CodeWidget,
  sql: CodeWidget,
  python: CodeWidget,
  json: AnyWidget,
};

/** The widget of a field, filled with its value. */
export function fillIn(props: WidgetProps): ReactElement {
  return createElement(BY_NAME[props.shape.widget] ?? BY_KIND[props.shape.kind], props);
}

/** What every field of a form may need: the schema it belongs to, what is in scope, what is wrong. */
import { createContext, useContext } from "react";

import type { Graph } from "../model/graph";
import type { Problem } from "../model/problems";
import type { Scope } from "../model/scope";
import type { Samples } from "../expressions/completion";
import type { Context } from "./shape";

export interface Form {
  context: Context;
  graph: Graph;
  /** Read when completion opens, so that a run does not draw every field anew. */
  scope: () => Scope;
  samples: () => Samples;
  problemsAt: (pointer: string) => Problem[];
  /** The field somebody jumped to. */
  wanted: string | null;
  readOnly: boolean;
}

export const FormContext = createContext<Form | null>(null);

export function useForm(): Form {
  const form = useContext(FormContext);
  if (!form) throw new Error("this field stands outside a form");
  return form;
}

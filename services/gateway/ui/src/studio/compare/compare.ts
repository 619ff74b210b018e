/** Two graphs laid over each other: what a part of the Studio asks for, and what the canvas then shows. */
import { createContext } from "react";

import type { Graph } from "../model/graph";

export interface Comparison {
  old: Graph;
  now: Graph;
  title: string;
}

export const CompareContext = createContext<{ show: (comparison: Comparison | null) => void } | null>(null);

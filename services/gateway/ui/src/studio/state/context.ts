/** How components reach the editor of the page they stand in. */
import { createContext, useContext } from "react";
import { useStore } from "zustand";

import type { Catalogue } from "../model/declarations";
import type { EditorState, EditorStore } from "./store";

export interface Studio {
  workflowId: string;
  editor: EditorStore;
  catalogue: Catalogue;
}

export const StudioContext = createContext<Studio | null>(null);

export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error("this component stands outside a Studio");
  return studio;
}

/** A part of the editor's state; the component is drawn again when it changes. */
export function useEditor<Part>(select: (state: EditorState) => Part): Part {
  return useStore(useStudio().editor, select);
}

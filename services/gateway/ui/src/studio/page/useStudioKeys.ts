/** The Studio's shortcuts, wherever the focus is; they stand in the sheet that "?" opens. */
import { useReactFlow } from "@xyflow/react";
import { useContext } from "react";

import { toast } from "~/shared/Feedback";
import { useShortcut } from "~/shared/shortcuts";
import { useCentre } from "../canvas/useCentre";
import { SessionContext } from "../saving/session";
import { duplicateChosen, placeForNext, tidy, toggleDisabled, writeNote } from "../state/actions";
import { useEditor, useStudio } from "../state/context";
import { redo, undo } from "../state/store";

export function useStudioKeys(): void {
  const studio = useStudio();
  const session = useContext(SessionContext);
  const flow = useReactFlow();
  const centre = useCentre();
  const readOnly = useEditor((state) => state.readOnly);
  const { editor } = studio;
  const editing = { scope: "Studio", enabled: !readOnly };
  const always = { scope: "Studio" };
  const save = async () => {
    if (await session?.saver.keep()) toast(`Saved as version ${session?.saver.getBase().version}.`);
  };
  useShortcut(
    "/",
    "Add a node (Tab on the canvas)",
    () => editor.getState().show({ adding: placeForNext(studio, centre()) }),
    editing,
  );
  useShortcut("mod+z", "Undo", () => undo(editor), editing);
  useShortcut("mod+shift+z", "Redo", () => redo(editor), editing);
  useShortcut("mod+y", "Redo", () => redo(editor), editing);
  useShortcut("mod+d", "Duplicate", () => duplicateChosen(studio, centre()), editing);
  useShortcut("mod+f", "Find", () => editor.getState().show({ finding: true }), always);
  useShortcut("mod+s", "Save as a version", () => void save(), editing);
  useShortcut("b", "Breakpoint", () => editor.getState().toggleBreakpoints(editor.getState().chosen), editing);
  useShortcut(
    "shift+enter",
    "Run to the chosen node",
    () => editor.getState().show({ runTo: [...editor.getState().chosen][0] ?? null }),
    editing,
  );
  useShortcut(
    "c",
    "Connect the chosen node to…",
    () => editor.getState().show({ connecting: [...editor.getState().chosen][0] ?? null }),
    editing,
  );
  useShortcut("d", "Disable or enable", () => toggleDisabled(studio), editing);
  useShortcut("n", "Write a sticky note", () => writeNote(studio, centre()), editing);
  useShortcut("t", "Tidy up", () => tidy(studio), editing);
  useShortcut("0", "Show everything", () => void flow.fitView({ padding: 0.12, maxZoom: 1 }), always);
  useShortcut("1", "Zoom to 100%", () => void flow.zoomTo(1), always);
  useShortcut("+", "Zoom in", () => void flow.zoomIn(), always);
  useShortcut("-", "Zoom out", () => void flow.zoomOut(), always);
}

/** A sticky note; a double click or Enter writes in it. */
import type { NodeProps } from "@xyflow/react";
import { createContext, memo, useContext, useState } from "react";

import type { NoteFlowNode } from "./flow";
import classes from "./Note.module.css";

/** Saves what was written; null where notes are only read. */
export const NoteContext = createContext<((id: string, text: string) => void) | null>(null);

export const NoteNode = memo(function NoteNode({ id, data, selected }: NodeProps<NoteFlowNode>) {
  const save = useContext(NoteContext);
  const [writing, setWriting] = useState(data.note.text === "" && save !== null);
  if (writing && save) {
    return (
      <textarea
        className={`${classes["note"]} nodrag nowheel nokey`}
        defaultValue={data.note.text}
        aria-label="Text of the note"
        autoFocus
        onBlur={(event) => {
          setWriting(false);
          save(id, event.target.value);
        }}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
    );
  }
  return (
    <div
      className={classes["note"]}
      data-selected={selected || undefined}
      onDoubleClick={() => setWriting(save !== null)}
    >
      {data.note.text || <span className="dim">Empty note</span>}
    </div>
  );
});

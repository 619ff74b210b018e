/** Several nodes are chosen: what can be done with all of them. */
import { Button } from "@mantine/core";

import { plural } from "~/shared/format";
import { duplicateChosen, removeChosen, toggleDisabled } from "../state/actions";
import { useEditor, useStudio } from "../state/context";
import classes from "./Settings.module.css";

export function SeveralPanel({ ids }: { ids: readonly string[] }) {
  const studio = useStudio();
  const readOnly = useEditor((state) => state.readOnly);
  return (
    <div className={classes["body"]}>
      <h2>{plural(ids.length, "node")} chosen</h2>
      {!readOnly && (
        <div className="row wrap">
          <Button onClick={() => duplicateChosen(studio, { x: 0, y: 0 })}>Duplicate</Button>
          <Button onClick={() => toggleDisabled(studio)}>Disable or enable</Button>
          <Button variant="danger" onClick={() => removeChosen(studio)}>
            Delete
          </Button>
        </div>
      )}
      <p className="dim sm">
        Drag them together, or move them with the arrow keys. Copying takes the edges between them along.
      </p>
    </div>
  );
}

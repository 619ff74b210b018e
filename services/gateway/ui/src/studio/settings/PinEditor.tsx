/** Edits the sample that stands in for a node's output. */
import { Suspense, useState } from "react";

import { Skeleton } from "~/shared/Feedback";
import { CodeEditor } from "../expressions/lazyEditor";
import type { Json } from "../model/graph";
import { pin } from "../model/pins";
import { useEditor, useStudio } from "../state/context";
import classes from "./Settings.module.css";

export function PinEditor({ nodeId, sample }: { nodeId: string; sample: Json }) {
  const { editor } = useStudio();
  const readOnly = useEditor((state) => state.readOnly);
  const [draft, setDraft] = useState<string | null>(null);
  const broken = draft !== null && read(draft) === undefined;
  const change = (text: string) => {
    setDraft(text);
    const value = read(text);
    if (value !== undefined) editor.getState().edit((graph) => pin(graph, nodeId, value), `${nodeId}/pin`);
  };
  return (
    <Suspense fallback={<Skeleton rows={4} height={20} />}>
      <CodeEditor
        id={`pin-${nodeId}`}
        label="Pinned sample as JSON"
        value={draft ?? JSON.stringify(sample, null, 2)}
        language="json"
        invalid={broken}
        readOnly={readOnly}
        onChange={change}
        onBlur={() => !broken && setDraft(null)}
      />
      {broken && <p className={classes["problem"]}>This is no JSON yet; the last sample that was stays.</p>}
    </Suspense>
  );
}

function read(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

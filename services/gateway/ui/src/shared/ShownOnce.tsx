/** What the Hub tells this one time: words, fields to copy, and a button that lets it go. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";

import { CopyField } from "./Copy";

interface ShownOnceProps {
  /** What it is, who needs it, and that it is shown this once. */
  words: ReactNode;
  /** Each with its name as the copy button says it: "the secret". */
  fields: readonly { text: string; what: string }[];
  /** What else there is to know. */
  note?: ReactNode;
  onDone: () => void;
}

export function ShownOnce({ words, fields, note, onDone }: ShownOnceProps) {
  return (
    <div className="stack">
      <p className="mut">{words}</p>
      {fields.map(({ text, what }) => (
        <CopyField key={what} text={text} what={what} />
      ))}
      {note && <p className="mut">{note}</p>}
      <div className="row">
        <Button className="end" variant="filled" onClick={onDone} data-autofocus>
          Done
        </Button>
      </div>
    </div>
  );
}

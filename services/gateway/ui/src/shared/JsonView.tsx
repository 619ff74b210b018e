/** A JSON value to read: coloured, folded where it is long, copied whole. */
import { useState } from "react";

import { CopyIcon } from "./Copy";
import classes from "./JsonView.module.css";

/** What is longer is cut until somebody asks. */
const SHOWN_CHARACTERS = 20_000;

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function JsonView({ value, what }: { value: unknown; what: string }) {
  const [whole, setWhole] = useState(false);
  const text = value === undefined ? "" : JSON.stringify(value, null, 2);
  const cut = !whole && text.length > SHOWN_CHARACTERS;
  return (
    <div className={classes["view"]}>
      <pre className="code" tabIndex={0} aria-label={what}>
        {colour(cut ? text.slice(0, SHOWN_CHARACTERS) : text)}
        {cut && (
          <button className="link" type="button" onClick={() => setWhole(true)}>
            {"\n"}… show all {text.length.toLocaleString("en-GB")} characters
          </button>
        )}
      </pre>
      <div className={classes["copy"]}>
        <CopyIcon text={text} what={what} />
      </div>
    </div>
  );
}

function colour(text: string) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > from) parts.push(text.slice(from, match.index));
    const [token, string, colon] = match;
    const kind = string === undefined ? "number" : colon ? "name" : "string";
    parts.push(
      <span key={match.index} className={classes[kind]}>
        {string ?? token}
      </span>,
    );
    if (colon) parts.push(colon);
    from = match.index + token.length;
  }
  parts.push(text.slice(from));
  return parts;
}

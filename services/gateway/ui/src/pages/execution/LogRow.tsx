import { formatMilliseconds } from "~/shared/format";

import classes from "./Log.module.css";
import type { LogLine } from "./useLog";

interface LogRowProps {
  line: LogLine | undefined;
  number: number;
  top: number;
  node: string;
  /** Words that were searched for, marked where they stand. */
  found: string;
  isPointed: boolean;
  onPoint: (seq: number) => void;
}

export function LogRow({ line, number, top, node, found, isPointed, onPoint }: LogRowProps) {
  return (
    <div
      className={classes["row"]}
      data-level={line?.level}
      data-pointed={isPointed || undefined}
      style={{ transform: `translateY(${top}px)` }}
    >
      <button
        type="button"
        tabIndex={-1}
        className={classes["number"]}
        onClick={() => onPoint(number)}
        aria-label={`Line ${number}: put it into the address`}
      >
        {number}
      </button>
      {line ? (
        <>
          <time dateTime={line.at} className={classes["time"]}>
            {formatMilliseconds(new Date(line.at))}
          </time>
          <span className={classes["level"]}>{line.level === "warning" ? "warn" : line.level}</span>
          <span className={classes["node"]} title={node}>
            {node}
          </span>
          <span className={classes["message"]} title={line.message}>
            {mark(line.message, found)}
          </span>
        </>
      ) : (
        <span className={classes["message"]}>…</span>
      )}
    </div>
  );
}

function mark(message: string, found: string) {
  if (!found) return message;
  const [text, wanted] = [message.toLowerCase(), found.toLowerCase()];
  const parts = [];
  let from = 0;
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, from)) {
    parts.push(message.slice(from, at), <mark key={at}>{message.slice(at, at + found.length)}</mark>);
    from = at + found.length;
  }
  parts.push(message.slice(from));
  return parts;
}

/** One level of surface: a hairline around what belongs together. */
import type { ReactNode } from "react";

import classes from "./Panel.module.css";

interface PanelProps {
  title?: ReactNode;
  /** Beside the title, in grey. */
  aside?: ReactNode;
  /** At the right end of the head. */
  actions?: ReactNode;
  /** Without padding, for tables and canvases. */
  bleed?: boolean;
  tone?: "failed" | "lost" | undefined;
  className?: string | undefined;
  children: ReactNode;
}

export function Panel({ title, aside, actions, bleed = false, tone, className, children }: PanelProps) {
  return (
    <section className={`${classes["panel"]} ${className ?? ""}`} data-tone={tone}>
      {(title || actions) && (
        <header className={classes["head"]}>
          {title && <h2 className="nowrap">{title}</h2>}
          {aside && <span className="dim trunc">{aside}</span>}
          {actions && <div className="row end">{actions}</div>}
        </header>
      )}
      <div className={bleed ? classes["bleed"] : classes["body"]}>{children}</div>
    </section>
  );
}

/** Key and value pairs: rows of [word, value]; an empty value leaves the row out. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={classes["facts"]}>
      {rows.map(([word, value]) =>
        value === null || value === undefined || value === "" ? null : (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

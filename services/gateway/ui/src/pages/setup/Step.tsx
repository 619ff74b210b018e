import { IconCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";

import classes from "./Setup.module.css";

interface StepProps {
  number: number;
  title: string;
  done: boolean;
  /** What was done, in place of what is to be done. */
  said: string;
  /** Beside what was done: where it can be seen or changed. */
  also?: ReactNode;
  children: ReactNode;
}

export function Step({ number, title, done, said, also, children }: StepProps) {
  return (
    <li className={classes["step"]} data-done={done || undefined}>
      <span className={classes["number"]} aria-hidden="true">
        {done ? <IconCheck size={14} stroke={2} /> : number}
      </span>
      <div className="stack tight">
        <h2>
          {title}
          {done && <span className="vh">, done</span>}
        </h2>
        {done ? (
          <p className="mut">
            {said} {also}
          </p>
        ) : (
          children
        )}
      </div>
    </li>
  );
}

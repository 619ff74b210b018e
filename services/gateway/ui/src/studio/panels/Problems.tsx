/** Everything validation complains about; a click leads to the node and its field. */
import { IconAlertTriangle, IconCircleX } from "@tabler/icons-react";

import { ErrorNote } from "~/shared/Feedback";
import { nodeOf } from "../model/graph";
import type { Problem } from "../model/problems";
import { useEditor, useStudio } from "../state/context";
import { useReveal } from "../canvas/useReveal";
import { useGraphProblems } from "./useGraphProblems";
import classes from "./Panels.module.css";

export function Problems() {
  const { problems, error, current } = useGraphProblems();
  if (error && problems.length === 0) {
    return <ErrorNote what="The workflow could not be checked." error={error} />;
  }
  if (problems.length === 0)
    return <p className={classes["calm"]}>{current ? "Nothing is wrong with this workflow." : "Looking…"}</p>;
  return (
    <ul className={classes["rows"]} data-testid="problems">
      {problems.map((problem) => (
        <Row key={`${problem.pointer} ${problem.message}`} problem={problem} />
      ))}
    </ul>
  );
}

function Row({ problem }: { problem: Problem }) {
  const { editor } = useStudio();
  const reveal = useReveal();
  const name = useEditor((state) => {
    const node = problem.nodeId === null ? undefined : nodeOf(state.graph, problem.nodeId);
    return node ? node.name || node.id : "Workflow";
  });
  const Icon = problem.severity === "error" ? IconCircleX : IconAlertTriangle;
  const go = () => {
    if (problem.nodeId === null) editor.getState().choose([]);
    else reveal(problem.nodeId);
    editor.getState().show({ settingsTab: "settings" });
    editor.getState().wantField(problem.field);
  };
  return (
    <li>
      <button type="button" className={classes["row"]} onClick={go} title={problem.message}>
        <Icon size={15} stroke={1.7} data-severity={problem.severity} aria-label={problem.severity} />
        <b>{name}</b>
        <span className="mut trunc">{problem.message}</span>
        <span className="dim mono micro end">{problem.field}</span>
      </button>
    </li>
  );
}

/** Tells people who do not see the canvas what is chosen on it. */
import { useGraphProblems } from "../panels/useGraphProblems";
import { nodeOf } from "../model/graph";
import { problemsOf } from "../model/problems";
import { useRun } from "../run/useRun";
import { useEditor } from "../state/context";

export function Announcer() {
  const words = useWords();
  return (
    <p className="vh" aria-live="polite">
      {words}
    </p>
  );
}

function useWords(): string {
  const chosen = useEditor((state) => state.chosen);
  const graph = useEditor((state) => state.graph);
  const { view } = useRun();
  const { problems } = useGraphProblems();
  if (chosen.size === 0) return "";
  if (chosen.size > 1) return `${chosen.size} chosen`;
  const [id = ""] = chosen;
  const node = nodeOf(graph, id);
  if (!node) return "Note";
  const status = view.shown(id)?.status ?? "";
  const wrong = problemsOf(problems, id).length;
  return [node.name || id, node.disabled && "disabled", status, wrong > 0 && `${wrong} problems`]
    .filter(Boolean)
    .join(", ");
}

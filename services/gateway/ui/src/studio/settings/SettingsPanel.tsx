/** What stands at the right: the chosen node, or the workflow itself when nothing is chosen. */
import { placesOf } from "../model/graph";
import { useEditor } from "../state/context";
import { NodePanel } from "./NodePanel";
import { SeveralPanel } from "./SeveralPanel";
import { WorkflowPanel } from "./WorkflowPanel";
import classes from "./Settings.module.css";

export function SettingsPanel() {
  const chosen = useEditor((state) => state.chosen);
  const graph = useEditor((state) => state.graph);
  const nodes = [...chosen].filter((id) => placesOf(graph).has(id));
  const [first] = nodes;
  return (
    <aside
      className={classes["panel"]}
      aria-label={first === undefined ? "Settings of the workflow" : "Settings of the node"}
    >
      {first === undefined ? (
        <WorkflowPanel />
      ) : nodes.length > 1 ? (
        <SeveralPanel ids={nodes} />
      ) : (
        <NodePanel key={first} nodeId={first} />
      )}
    </aside>
  );
}

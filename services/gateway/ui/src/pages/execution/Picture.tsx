/** The graph as it ran: the Studio's canvas without its tools, in step with the timeline's turns. */
import { useMemo } from "react";

import { useAddress } from "~/routing/useAddress";
import { GraphView } from "~/studio/GraphView";
import { readGraph } from "~/studio/model/graph";
import { RunView } from "~/studio/run/states";

import type { NodeRun } from "./queries";
import { layOut, parseTurns, spellTurns } from "./rows";

interface PictureProps {
  graph: unknown;
  runs: readonly NodeRun[];
}

export function Picture({ graph, runs }: PictureProps) {
  const [search, change] = useAddress();
  const given = search["turns"];
  const drawn = useMemo(() => readGraph(graph), [graph]);
  const view = useMemo(() => {
    const shown = layOut(graph, runs, parseTurns(given)).flatMap((row) =>
      row.turns ? [[row.nodeId, row.turns.chosen] as const] : [],
    );
    return new RunView(drawn, runs, new Map(shown));
  }, [graph, drawn, runs, given]);
  const facts = useMemo(() => view.facts(), [view]);
  const edgeFacts = useMemo(() => view.edgeFacts(), [view]);
  const chosen = runs.find((run) => String(run.seq) === search["run"])?.nodeId ?? null;
  return (
    <GraphView
      graph={drawn}
      facts={facts}
      edgeFacts={edgeFacts}
      chosen={chosen}
      onChoose={(nodeId) => {
        const run = nodeId === null ? undefined : view.shown(nodeId);
        change({ run: run ? String(run.seq) : undefined });
      }}
      onTurn={(loop, turn) => change({ turns: spellTurns({ ...parseTurns(given), [loop]: turn }) })}
    />
  );
}

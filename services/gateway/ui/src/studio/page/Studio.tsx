/** The editor of one workflow: its state, the parts that share it, and the layout they stand in. */
import { useMediaQuery } from "@mantine/hooks";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useStore } from "zustand";

import { CompareView } from "../compare/CompareView";
import { CompareContext, type Comparison } from "../compare/compare";
import { createFacts, FactsContext } from "../canvas/facts";
import { TurnContext } from "../canvas/Turns";
import type { Workflow } from "../data/queries";
import type { Catalogue } from "../model/declarations";
import { loadEditor } from "../expressions/lazyEditor";
import { BottomPanel } from "../panels/BottomPanel";
import { ProblemsContext, useValidation } from "../panels/useGraphProblems";
import { useBreakpoints } from "../run/useBreakpoints";
import { RunContext, useWatchedRun } from "../run/useRun";
import { ConflictDialog } from "../saving/ConflictDialog";
import { SessionContext } from "../saving/session";
import { useSession } from "../saving/useSession";
import { SettingsPanel } from "../settings/SettingsPanel";
import { StudioContext } from "../state/context";
import { CanvasArea } from "./CanvasArea";
import { StudioBar } from "./StudioBar";
import { useCanvasFacts } from "./useCanvasFacts";
import classes from "./Page.module.css";

const route = getRouteApi("/shell/workflows/$workflowId/studio");

/** After the first drawing, before the first click. */
const EDITOR_MILLISECONDS = 600;

interface StudioProps {
  workflow: Workflow;
  catalogue: Catalogue;
  mayEdit: boolean;
}

export function Studio({ workflow, catalogue, mayEdit }: StudioProps) {
  const phone = useMediaQuery("(max-width: 720px)", undefined, { getInitialValueInEffect: false }) ?? false;
  const session = useSession(workflow, mayEdit && !phone);
  const { editor } = session;
  const studio = useMemo(() => ({ workflowId: workflow.id, editor, catalogue }), [workflow.id, editor, catalogue]);
  const graph = useStore(editor, (state) => state.graph);
  const anyChosen = useStore(editor, (state) => state.chosen.size > 0);
  const problems = useValidation(workflow.id, graph);
  useEffect(() => {
    // Nobody should wait for the editor of expressions when they reach for it.
    const timer = setTimeout(() => void loadEditor(), EDITOR_MILLISECONDS);
    return () => clearTimeout(timer);
  }, []);
  const execution = route.useSearch({ select: (search) => search["execution"] });
  const navigate = route.useNavigate();
  const watch = useCallback(
    (id: string | null) =>
      void navigate({ search: (before) => ({ ...before, execution: id ?? undefined }), replace: true }),
    [navigate],
  );
  const run = useWatchedRun(graph, execution ?? null, watch);
  const [facts] = useState(createFacts);
  const breakpoints = useBreakpoints(editor, workflow.id, run);
  useCanvasFacts(facts, graph, run, problems.problems, breakpoints);
  const [comparison, setComparison] = useState<Comparison | null>(null);
  const compare = useMemo(() => ({ show: setComparison }), []);
  const saving = useSyncExternalStore(session.saver.subscribe, session.saver.getState);

  return (
    <StudioContext value={studio}>
      <SessionContext value={session}>
        <ProblemsContext value={problems}>
          <RunContext value={run}>
            <CompareContext value={compare}>
              <FactsContext value={facts}>
                <TurnContext value={run.showTurn}>
                  <StudioBar workflow={workflow} phone={phone} />
                  <main
                    className={classes["studio"]}
                    id="page"
                    tabIndex={-1}
                    data-phone={phone || undefined}
                    data-node={anyChosen || undefined}
                  >
                    <CanvasArea phone={phone} />
                    <SettingsPanel />
                    <BottomPanel />
                  </main>
                  {comparison && <CompareView comparison={comparison} onClose={() => setComparison(null)} />}
                  {saving.kind === "conflict" && <ConflictDialog session={session} name={workflow.name} />}
                </TurnContext>
              </FactsContext>
            </CompareContext>
          </RunContext>
        </ProblemsContext>
      </SessionContext>
    </StudioContext>
  );
}

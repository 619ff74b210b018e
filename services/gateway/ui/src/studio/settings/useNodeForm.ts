/** The form of one node: what is in scope, what is wrong, where somebody wants to go. */
import { useMemo } from "react";

import { useGraphProblems } from "../panels/useGraphProblems";
import type { Samples } from "../expressions/completion";
import type { Form } from "../form/form";
import type { Declaration, Schema } from "../model/declarations";
import { isObject, type Graph } from "../model/graph";
import { problemsAt, problemsOf } from "../model/problems";
import { scopeOf } from "../model/scope";
import { useRun, type Run } from "../run/useRun";
import { useEditor, useStudio } from "../state/context";

const ANYTHING: Schema = {};

/** `base` is the pointer under which the form's fields stand, for problems and jumps. */
export function useNodeForm(nodeId: string | null, declaration: Declaration | undefined): Form {
  const { editor } = useStudio();
  const run = useRun();
  const graph = useEditor((state) => state.graph);
  const readOnly = useEditor((state) => state.readOnly);
  const wanted = useEditor((state) => state.wantedField?.pointer ?? null);
  const { problems } = useGraphProblems();
  return useMemo(() => {
    const own = nodeId === null ? problems.filter((problem) => problem.nodeId === null) : problemsOf(problems, nodeId);
    return {
      context: {
        root: declaration?.configSchema ?? ANYTHING,
        codeFields: declaration?.codeFields ?? [],
        expressionFields: declaration?.expressionFields ?? [],
      },
      graph,
      scope: () => scopeOf(editor.getState().graph, nodeId),
      samples: () => samplesOf(editor.getState().graph, nodeId, run),
      problemsAt: (pointer) => problemsAt(own, pointer),
      wanted,
      readOnly,
    };
  }, [nodeId, declaration, graph, readOnly, wanted, problems, editor, run]);
}

/** Outputs of the run that is shown, under those that were pinned. */
function samplesOf(graph: Graph, nodeId: string | null, run: Run): Samples {
  const outputs = new Map<string, unknown>();
  const scope = scopeOf(graph, nodeId);
  for (const node of scope.nodes) {
    const output = run.view.shown(node.id)?.output;
    if (output !== null && output !== undefined) outputs.set(node.id, output);
  }
  for (const [id, sample] of Object.entries(graph.pins ?? {})) outputs.set(id, sample);
  const loop = scope.loops[0];
  return {
    outputs,
    inputs: isObject(run.execution?.inputs) ? run.execution.inputs : {},
    item: loop ? itemOf(run, loop.id) : undefined,
  };
}

/** The item of the turn that is shown, from what the loop was given. */
function itemOf(run: Run, loop: string): unknown {
  const input = run.view.shown(loop)?.input;
  const items = isObject(input) ? input["items"] : undefined;
  return Array.isArray(items) ? (items[Math.max(0, run.view.turnOf(loop))] as unknown) : undefined;
}

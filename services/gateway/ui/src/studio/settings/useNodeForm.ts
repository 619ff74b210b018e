/** The form of one node: what is in scope, what is wrong, where somebody wants to go. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { globalsQuery } from "../data/queries";
import { useGraphProblems } from "../panels/useGraphProblems";
import type { LoopSample, Samples } from "../expressions/completion";
import { useNamedCredentials } from "../form/credentials";
import type { Form } from "../form/form";
import type { Declaration, Schema } from "../model/declarations";
import { isObject, type Graph } from "../model/graph";
import { problemsAt, problemsOf } from "../model/problems";
import { scopeOf } from "../model/scope";
import { useSampleRun, type SampleRun } from "../run/useSampleRun";
import { useEditor, useStudio } from "../state/context";

const ANYTHING: Schema = {};
const NOTHING: Record<string, unknown> = {};

/** `base` is the pointer under which the form's fields stand, for problems and jumps. */
export function useNodeForm(nodeId: string | null, declaration: Declaration | undefined): Form {
  const { editor } = useStudio();
  const run = useSampleRun();
  const graph = useEditor((state) => state.graph);
  const readOnly = useEditor((state) => state.readOnly);
  const wanted = useEditor((state) => state.wantedField?.pointer ?? null);
  const { problems } = useGraphProblems();
  const { data: globals = NOTHING } = useQuery(globalsQuery);
  const named = useNamedCredentials();
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
      samples: () => ({
        ...samplesOf(editor.getState().graph, nodeId, run),
        globals,
        credentials: new Map(named?.map(({ name, fields }) => [name, fields])),
      }),
      problemsAt: (pointer) => problemsAt(own, pointer),
      wanted,
      readOnly,
    };
  }, [nodeId, declaration, graph, readOnly, wanted, problems, editor, run, globals, named]);
}

/** Outputs of the sample run, under those that were pinned. */
function samplesOf(graph: Graph, nodeId: string | null, run: SampleRun): Omit<Samples, "globals"> {
  const outputs = new Map<string, unknown>();
  const scope = scopeOf(graph, nodeId);
  for (const node of scope.nodes) {
    const output = run.view.shown(node.id)?.output;
    if (output !== null && output !== undefined) outputs.set(node.id, output);
  }
  for (const [id, sample] of Object.entries(graph.pins ?? {})) outputs.set(id, sample);
  const { execution } = run;
  return {
    outputs,
    inputs: isObject(execution?.inputs) ? execution.inputs : {},
    loops: scope.loops.flatMap(({ id }) => turnOf(run, id)),
    execution: execution
      ? {
          id: execution.id,
          attempt: execution.attempt,
          workflowId: execution.workflowId,
          startedAt: execution.startedAt,
        }
      : {},
  };
}

/** The turn of a loop that is shown; its item from what the loop was given. */
function turnOf(run: SampleRun, loop: string): LoopSample[] {
  const input = run.view.shown(loop)?.input;
  const items = isObject(input) ? input["items"] : undefined;
  const index = Math.max(0, run.view.turnOf(loop));
  return Array.isArray(items) && index < items.length ? [{ loop, item: items[index] as unknown, index }] : [];
}

/** What the Studio asks of the Hub, each question once. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";
import { Problem } from "~/api/problem";
import { isObject, readGraph, type Graph } from "../model/graph";
import type { Catalogue, Declaration } from "../model/declarations";
import { readProblems, type Problem as GraphProblem, type ServerProblem } from "../model/problems";

export type Workflow = Schema<"WorkflowWithGraph">;
export type Version = Schema<"VersionShape">;
export type Runner = Schema<"RunnerShape">;
export type Execution = Schema<"ExecutionShape">;
export type NodeRun = Schema<"NodeRunShape">;
export type LogLine = Schema<"LogLineShape">;

const PAGE = 200;
/** Node runs of one execution that are shown on the canvas; the execution's own page has them all. */
const MOST_NODE_RUNS = 5_000;

export function workflowQuery(workflowId: string) {
  return queryOptions({
    queryKey: ["studio", "workflow", workflowId],
    queryFn: async () =>
      (await unwrap(api.GET("/api/workflows/{workflowId}", { params: { path: { workflowId } } }))).workflow,
  });
}

/** Values of the installation by name, for completion. */
export const globalsQuery = queryOptions({
  queryKey: ["variables", "values"],
  queryFn: async (): Promise<Record<string, unknown>> => {
    const { items } = await unwrap(api.GET("/api/variables", { params: { query: { limit: PAGE } } }));
    return Object.fromEntries(items.map(({ name, value }) => [name, value]));
  },
  staleTime: 60_000,
});

/** Node types hardly ever change while somebody draws. */
export const nodeTypesQuery = queryOptions({
  queryKey: ["node-types"],
  queryFn: async (): Promise<Catalogue> => {
    const { items } = await unwrap(api.GET("/api/node-types"));
    return new Map(items.map((item) => [item.type, readDeclaration(item.type, item.declaration)]));
  },
  staleTime: 5 * 60_000,
});

/** A declaration of another maker may lack parts; what is missing gets the plainest value. */
function readDeclaration(type: string, document: Record<string, unknown>): Declaration {
  const given = document as Partial<Declaration>;
  return {
    type,
    family: given.family ?? type.split(".")[0] ?? "",
    title: given.title ?? type,
    help: given.help ?? "",
    icon: given.icon ?? "",
    ports: given.ports ?? ["out"],
    containers: given.containers ?? [],
    configSchema: isObject(given.configSchema) ? given.configSchema : {},
    example: given.example ?? {},
    capabilities: given.capabilities ?? [],
    repeatable: given.repeatable ?? false,
    codeFields: given.codeFields ?? [],
    expressionFields: given.expressionFields ?? [],
    dynamicPorts: given.dynamicPorts ?? null,
  };
}

export function versionsQuery(workflowId: string, limit = 50) {
  return queryOptions({
    queryKey: ["studio", "versions", workflowId, limit],
    queryFn: async () =>
      (
        await unwrap(
          api.GET("/api/workflows/{workflowId}/versions", { params: { path: { workflowId }, query: { limit } } }),
        )
      ).items,
  });
}

export function versionGraphQuery(workflowId: string, { version, sha256 }: Pick<Version, "version" | "sha256">) {
  return queryOptions({
    queryKey: ["studio", "version", workflowId, version, sha256],
    queryFn: async () => {
      const path = { workflowId, version };
      const answer = await unwrap(api.GET("/api/workflows/{workflowId}/versions/{version}", { params: { path } }));
      return readGraph(answer.version.graph);
    },
    staleTime: Infinity,
  });
}

export async function validate(workflowId: string, graph: Graph, signal?: AbortSignal): Promise<GraphProblem[]> {
  const { problems } = await unwrap(
    api.POST("/api/workflows/{workflowId}/validate", {
      params: { path: { workflowId } },
      body: { graph: asDocument(graph) },
      ...(signal ? { signal } : {}),
    }),
  );
  return readProblems(graph, problems as ServerProblem[]);
}

export interface Saved {
  version: number;
  /** How many saves went into the version. */
  saves: number;
  etag: string;
}

/**
 * Saves the graph as the draft, unless somebody saved since `etag`: then a Problem of status 412 or 409. What is saved
 * by itself (`automatic`) goes into one version until a person saves it.
 */
export async function saveDraft(
  workflowId: string,
  graph: Graph,
  { etag, automatic }: { etag: string; automatic: boolean },
): Promise<Saved> {
  const call = api.PUT("/api/workflows/{workflowId}/draft", {
    params: { path: { workflowId } },
    headers: { "If-Match": `"${etag}"` },
    body: { graph: asDocument(graph), note: "", automatic },
  });
  const { version, saves } = await unwrap(call);
  return { version, saves, etag: unquoted((await call).response.headers.get("ETag") ?? "") };
}

export function unquoted(etag: string): string {
  return etag.replace(/^W\//, "").replace(/^"|"$/g, "");
}

export function isConflict(error: unknown): boolean {
  return (
    error instanceof Problem && (error.status === 412 || (error.status === 409 && error.reason === "DRAFT_CHANGED"))
  );
}

/** The graph as the API's type of it. */
export function asDocument(graph: Graph): { nodes: unknown[] } & Record<string, unknown> {
  return graph as unknown as { nodes: unknown[] } & Record<string, unknown>;
}

export const runnersQuery = queryOptions({
  queryKey: ["studio", "runners"],
  queryFn: async () => (await unwrap(api.GET("/api/runners", { params: { query: { limit: PAGE } } }))).items,
});

export function executionsOfQuery(workflowId: string) {
  return queryOptions({
    queryKey: ["studio", "executions", workflowId],
    queryFn: async () =>
      (await unwrap(api.GET("/api/executions", { params: { query: { workflowId, limit: 20 } } }))).items,
  });
}

export function executionQuery(executionId: string) {
  return queryOptions({
    queryKey: ["studio", "execution", executionId],
    queryFn: async () =>
      (await unwrap(api.GET("/api/executions/{executionId}", { params: { path: { executionId } } }))).execution,
  });
}

export function nodeRunsQuery(executionId: string) {
  return queryOptions({
    queryKey: ["studio", "node-runs", executionId],
    queryFn: async ({ signal }) => {
      const found: NodeRun[] = [];
      let cursor = "";
      do {
        const query = { limit: PAGE, ...(cursor ? { cursor } : {}) };
        const page = await unwrap(
          api.GET("/api/executions/{executionId}/nodes", { params: { path: { executionId }, query }, signal }),
        );
        found.push(...page.items);
        cursor = page.nextCursor ?? "";
      } while (cursor !== "" && found.length < MOST_NODE_RUNS);
      return found;
    },
  });
}

/** The first runs of an execution: enough for samples of what its nodes gave. */
export function sampleRunsQuery(executionId: string) {
  return queryOptions({
    queryKey: ["studio", "sample-runs", executionId],
    queryFn: async ({ signal }) => {
      const params = { path: { executionId }, query: { limit: PAGE } };
      return (await unwrap(api.GET("/api/executions/{executionId}/nodes", { params, signal }))).items;
    },
  });
}

export function logQuery(executionId: string, search: string) {
  return queryOptions({
    queryKey: ["studio", "log", executionId, search],
    queryFn: async () => {
      const query = { limit: PAGE, ...(search ? { q: search } : {}) };
      return unwrap(api.GET("/api/executions/{executionId}/logs", { params: { path: { executionId }, query } }));
    },
    placeholderData: (before) => before,
  });
}

/** What the page of one execution asks for. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

export type Execution = Schema<"ExecutionShape">;
export type NodeRun = Schema<"NodeRunShape">;
export type Artifact = Schema<"ArtifactShape">;

/** Most an API page holds. */
const PAGE = 200;
/** More runs than anybody looks at; the rest is in the API. */
const MOST_PAGES = 50;

export function executionQuery(executionId: string) {
  return queryOptions({
    queryKey: ["execution", executionId],
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET("/api/executions/{executionId}", { params: { path: { executionId } }, signal }))).execution,
  });
}

/** The graph the execution runs; never changes. */
export function graphQuery(execution: Pick<Execution, "workflowId" | "version">) {
  const { workflowId, version } = execution;
  return queryOptions({
    queryKey: ["workflow", workflowId, "version", version],
    queryFn: async () =>
      (
        await unwrap(
          api.GET("/api/workflows/{workflowId}/versions/{version}", { params: { path: { workflowId, version } } }),
        )
      ).version.graph as unknown,
    staleTime: Infinity,
    retry: false,
  });
}

interface RunPage {
  cursor: string;
  items: readonly NodeRun[];
  nextCursor: string | null;
}

/**
 * All node runs of the latest attempt, read page by page. What has ended does not change: asked again, only pages with
 * something running, and what came after, are read.
 */
export function useNodeRuns(executionId: string, attempt: number, refetchInterval: number | false) {
  const client = useQueryClient();
  const queryKey = ["execution", executionId, "nodes", attempt];
  return useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<readonly RunPage[]> => {
      const known = client.getQueryData<readonly RunPage[]>(queryKey) ?? [];
      const settled = known.findIndex(
        (page) => page.nextCursor === null || page.items.some((run) => run.status === "running"),
      );
      const pages = known.slice(0, settled === -1 ? known.length : settled);
      let cursor: string | null = pages.at(-1)?.nextCursor ?? "";
      while (cursor !== null && pages.length < MOST_PAGES) {
        const query: { limit: number; cursor: string } = { limit: PAGE, cursor };
        const page: Schema<"NodeRunPage"> = await unwrap(
          api.GET("/api/executions/{executionId}/nodes", { params: { path: { executionId }, query }, signal }),
        );
        pages.push({ cursor, items: page.items, nextCursor: page.nextCursor });
        cursor = page.nextCursor;
        // The beginning is shown while the rest comes; drawing each page would take longer than reading it.
        if (cursor !== null && pages.length === 1 && known.length === 0) client.setQueryData(queryKey, [...pages]);
      }
      return pages;
    },
    select: (pages) => pages.flatMap((page) => page.items),
    refetchInterval,
  });
}

export function artifactsQuery(executionId: string) {
  return queryOptions({
    queryKey: ["execution", executionId, "artifacts"],
    queryFn: async () =>
      (await unwrap(api.GET("/api/executions/{executionId}/artifacts", { params: { path: { executionId } } }))).items,
  });
}

export function eventsQuery(executionId: string) {
  return queryOptions({
    queryKey: ["execution", executionId, "events"],
    queryFn: async () =>
      (
        await unwrap(
          api.GET("/api/executions/{executionId}/events", {
            params: { path: { executionId }, query: { limit: PAGE } },
          }),
        )
      ).items,
  });
}

export function reasonsQuery(executionId: string) {
  return queryOptions({
    queryKey: ["execution", executionId, "reasons"],
    queryFn: async () =>
      (await unwrap(api.GET("/api/executions/{executionId}/pending-reasons", { params: { path: { executionId } } })))
        .items,
  });
}

export function artifactUrl(artifact: Pick<Artifact, "id">): string {
  return `/api/artifacts/${artifact.id}`;
}

/** What the page of one workflow asks for. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

export type Workflow = Schema<"WorkflowWithGraph">;
export type Version = Schema<"VersionShape">;

const VERSIONS = 100;

export function workflowQuery(workflowId: string) {
  return queryOptions({
    queryKey: ["workflow", workflowId],
    queryFn: async () =>
      (await unwrap(api.GET("/api/workflows/{workflowId}", { params: { path: { workflowId } } }))).workflow,
  });
}

export function versionsQuery(workflowId: string) {
  return queryOptions({
    queryKey: ["workflow", workflowId, "versions"],
    queryFn: () =>
      unwrap(
        api.GET("/api/workflows/{workflowId}/versions", {
          params: { path: { workflowId }, query: { limit: VERSIONS } },
        }),
      ),
  });
}

export interface NodeChange {
  id: string;
  type: string;
  name: string;
  changes?: { pointer: string; old?: unknown; new?: unknown }[];
}

export interface EdgeShape {
  id?: string;
  from?: string;
  to?: string;
  port?: string;
}

export interface Diff {
  nodes: { added: NodeChange[]; removed: NodeChange[]; changed: NodeChange[] };
  edges: { added: EdgeShape[]; removed: EdgeShape[] };
  changes: { pointer: string; old?: unknown; new?: unknown }[];
}

export function diffQuery(workflowId: string, from: number, to: number) {
  return queryOptions({
    queryKey: ["workflow", workflowId, "diff", from, to],
    queryFn: async () =>
      (await unwrap(
        api.GET("/api/workflows/{workflowId}/diff", { params: { path: { workflowId }, query: { from, to } } }),
      )) as unknown as Diff,
  });
}

import { useQuery } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";

import { declaredInputs, type DeclaredInput } from "./inputs";

/** What the version of a workflow that triggers start declares; nothing while none is published. */
export function useDeclaredInputs(workflowId: string): DeclaredInput[] {
  const { data } = useQuery({
    queryKey: ["workflow", workflowId, "published inputs"],
    queryFn: () => readInputs(workflowId),
    enabled: workflowId !== "",
    staleTime: 30_000,
  });
  return data ?? [];
}

async function readInputs(workflowId: string): Promise<DeclaredInput[]> {
  const path = { workflowId };
  const { workflow } = await unwrap(api.GET("/api/workflows/{workflowId}", { params: { path } }));
  if (workflow.publishedVersion === null) return [];
  const { version } = await unwrap(
    api.GET("/api/workflows/{workflowId}/versions/{version}", {
      params: { path: { workflowId, version: workflow.publishedVersion } },
    }),
  );
  return declaredInputs(version.graph);
}

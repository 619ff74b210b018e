/** Makes, publishes and starts the demo, and goes where it is watched. Pressed again, it is the same workflow. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { api, newIdempotencyKey, unwrap } from "~/api/client";

import { DEMO_GRAPH, DEMO_NAME } from "./demo";

export function useDemo() {
  const navigate = useNavigate();
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const workflowId = (await publishedDemo()) ?? (await makeDemo());
      return unwrap(
        api.POST("/api/executions", {
          params: { header: { "Idempotency-Key": newIdempotencyKey() } },
          body: { workflowId, inputs: {} },
        }),
      );
    },
    onSuccess: ({ execution }) => navigate({ to: "/executions/$executionId", params: { executionId: execution.id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["workflows"] }),
  });
}

async function publishedDemo(): Promise<string | undefined> {
  const { items } = await unwrap(api.GET("/api/workflows", { params: { query: { q: DEMO_NAME, limit: 50 } } }));
  return items.find((workflow) => workflow.name === DEMO_NAME && workflow.publishedVersion !== null)?.id;
}

async function makeDemo(): Promise<string> {
  const { workflow } = await unwrap(
    api.POST("/api/workflows", {
      params: { header: { "Idempotency-Key": newIdempotencyKey() } },
      body: {
        name: DEMO_NAME,
        description: "Made by the first steps: reads four invoices, adds them up and keeps a report.",
        tags: ["demo"],
        graph: DEMO_GRAPH,
      },
    }),
  );
  await unwrap(
    api.POST("/api/workflows/{workflowId}/publish", {
      params: { path: { workflowId: workflow.id } },
      body: { note: "The demo" },
    }),
  );
  return workflow.id;
}

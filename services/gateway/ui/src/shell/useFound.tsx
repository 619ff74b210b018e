/** What the palette finds on the Hub for some words. */
import { useQuery } from "@tanstack/react-query";
import { IconDeviceDesktop, IconRoute } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { formatInstant, shortId } from "~/shared/format";
import { StatusIcon } from "~/shared/Status";

export interface Found {
  to: string;
  label: string;
  detail: string;
  icon: ReactNode;
}

const SHOWN = 5;

export function useFound(words: string): Found[] {
  const seesRunners = useMay("runner:view");
  const { data } = useQuery({
    queryKey: ["palette", words],
    queryFn: () => find(words, seesRunners),
    placeholderData: (previous) => previous,
    staleTime: 10_000,
  });
  return data ?? [];
}

async function find(words: string, seesRunners: boolean): Promise<Found[]> {
  const query = { q: words, limit: SHOWN };
  const [workflows, executions, runners] = await Promise.all([
    unwrap(api.GET("/api/workflows", { params: { query } })),
    words ? unwrap(api.GET("/api/executions", { params: { query } })) : { items: [] },
    words && seesRunners ? unwrap(api.GET("/api/runners", { params: { query } })) : { items: [] },
  ]);
  return [
    ...workflows.items.map((workflow) => ({
      to: `/workflows/${workflow.id}`,
      label: workflow.name,
      detail: "Workflow",
      icon: <IconRoute size={16} stroke={1.5} />,
    })),
    ...runners.items.map((runner) => ({
      to: `/runners/${runner.id}`,
      label: runner.name,
      detail: `Runner, ${runner.state.toLowerCase()}`,
      icon: <IconDeviceDesktop size={16} stroke={1.5} />,
    })),
    ...executions.items.map((execution) => ({
      to: `/executions/${execution.id}`,
      label: execution.workflow.name,
      detail: `Execution ${shortId(execution.id)}, ${formatInstant(new Date(execution.createdAt))}`,
      icon: <StatusIcon status={execution.status} />,
    })),
  ];
}

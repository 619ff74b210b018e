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

/** What was found, and for which words: those asked for last stay while the next are looked up. */
export function useFound(words: string): { items: readonly Found[]; forWords: string } {
  const seesRunners = useMay("runner:view");
  const { data } = useQuery({
    queryKey: ["palette", words],
    queryFn: async () => ({ items: await find(words, seesRunners), forWords: words }),
    placeholderData: (previous) => previous,
    staleTime: 10_000,
  });
  return data ?? { items: [], forWords: words };
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

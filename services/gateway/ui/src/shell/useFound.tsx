/** What the palette finds on the Hub for some words. */
import { useQuery } from "@tanstack/react-query";
import { IconCalendarTime, IconChecks, IconDeviceDesktop, IconRoute, IconWebhook } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { formatInstant, shortId } from "~/shared/format";
import { StatusIcon } from "~/shared/Status";

export interface Found {
  /** Of the thing found: two may lead to one page. */
  id: string;
  to: string;
  label: string;
  detail: string;
  icon: ReactNode;
}

const SHOWN = 5;
/** Questions cannot be searched by the Hub; hardly ever are there more than these. */
const QUESTIONS = 50;

/**
 * What was found, and for which words: those asked for last stay while the next are looked up, null before the first
 * answer. Nothing is asked while `wanted` is false. A Hub that does not answer has found nothing.
 */
export function useFound(words: string, wanted: boolean): { items: readonly Found[]; forWords: string | null } {
  const seesRunners = useMay("runner:view");
  const seesTriggers = useMay("trigger:view");
  const { data, isError } = useQuery({
    queryKey: ["palette", words],
    queryFn: async () => ({ items: await find(words, { seesRunners, seesTriggers }), forWords: words }),
    placeholderData: (previous) => previous,
    staleTime: 10_000,
    enabled: wanted,
  });
  return data ?? { items: [], forWords: isError ? words : null };
}

interface Sees {
  seesRunners: boolean;
  seesTriggers: boolean;
}

async function find(words: string, { seesRunners, seesTriggers }: Sees): Promise<Found[]> {
  const query = { q: words, limit: SHOWN };
  const nothing = { items: [] };
  const waiting = { status: "pending" as const, limit: QUESTIONS };
  const [workflows, executions, runners, triggers, approvals] = await Promise.all([
    unwrap(api.GET("/api/workflows", { params: { query } })),
    words ? unwrap(api.GET("/api/executions", { params: { query } })) : nothing,
    words && seesRunners ? unwrap(api.GET("/api/runners", { params: { query } })) : nothing,
    words && seesTriggers ? unwrap(api.GET("/api/triggers", { params: { query } })) : nothing,
    words ? unwrap(api.GET("/api/approvals", { params: { query: waiting } })) : nothing,
  ]);
  return [
    ...workflows.items.map((workflow) => ({
      id: workflow.id,
      to: `/workflows/${workflow.id}`,
      label: workflow.name,
      detail: "Workflow",
      icon: <IconRoute size={16} stroke={1.5} />,
    })),
    ...triggers.items.map((trigger) => ({
      id: trigger.id,
      to: `/triggers/${trigger.id}`,
      label: trigger.name,
      detail: `${trigger.kind === "schedule" ? "Schedule" : "Webhook"} of ${trigger.workflowName}`,
      icon:
        trigger.kind === "schedule" ? (
          <IconCalendarTime size={16} stroke={1.5} />
        ) : (
          <IconWebhook size={16} stroke={1.5} />
        ),
    })),
    ...approvals.items
      .filter((approval) => `${approval.title} ${approval.workflow.name}`.toLowerCase().includes(words.toLowerCase()))
      .slice(0, SHOWN)
      .map((approval) => ({
        id: approval.id,
        to: "/approvals",
        label: approval.title,
        detail: `Question of ${approval.workflow.name}`,
        icon: <IconChecks size={16} stroke={1.5} />,
      })),
    ...runners.items.map((runner) => ({
      id: runner.id,
      to: `/runners/${runner.id}`,
      label: runner.name,
      detail: `Runner, ${runner.state.toLowerCase()}`,
      icon: <IconDeviceDesktop size={16} stroke={1.5} />,
    })),
    ...executions.items.map((execution) => ({
      id: execution.id,
      to: `/executions/${execution.id}`,
      label: execution.workflow.name,
      detail: `Execution ${shortId(execution.id)}, ${formatInstant(new Date(execution.createdAt))}`,
      icon: <StatusIcon status={execution.status} />,
    })),
  ];
}

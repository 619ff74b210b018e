/** Another workflow, by its name. One that cannot be found keeps its id, so that nothing is lost. */
import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { useStudio } from "../state/context";
import { useForm } from "./form";
import type { WidgetProps } from "./widgets";

const SHOWN = 50;
const TYPING_MILLISECONDS = 200;

export function WorkflowWidget({ id, value, invalid, onChange }: WidgetProps) {
  const { readOnly } = useForm();
  const { workflowId } = useStudio();
  const [typed, setTyped] = useState("");
  const [words] = useDebouncedValue(typed.trim(), TYPING_MILLISECONDS);
  const chosen = typeof value === "string" ? value : "";
  const named = useNameOf(chosen);
  const { data } = useQuery({
    queryKey: ["workflows", { q: named && words === named ? "" : words, limit: SHOWN }],
    queryFn: ({ queryKey: [, query] }) =>
      unwrap(api.GET("/api/workflows", { params: { query: query as { q: string; limit: number } } })),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
  // A workflow cannot call itself.
  const found = (data?.items ?? []).filter((workflow) => workflow.id !== workflowId && workflow.id !== chosen);
  const choices = [
    ...(chosen ? [{ value: chosen, label: named ?? chosen }] : []),
    ...found.map((workflow) => ({ value: workflow.id, label: workflow.name })),
  ];
  return (
    <Select
      id={id}
      data={choices}
      value={chosen || null}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options }) => options}
      nothingFoundMessage="No workflow is called that."
      placeholder="Choose a workflow"
      error={invalid}
      readOnly={readOnly}
      allowDeselect={false}
      onChange={(next) => next !== null && onChange(next)}
    />
  );
}

function useNameOf(workflowId: string): string | undefined {
  const { data } = useQuery({
    queryKey: ["studio", "workflow-name", workflowId],
    queryFn: async () =>
      (await unwrap(api.GET("/api/workflows/{workflowId}", { params: { path: { workflowId } } }))).workflow.name,
    enabled: workflowId !== "",
    staleTime: 60_000,
    retry: false,
  });
  return data;
}

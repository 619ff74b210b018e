/** Which events: types by name or glob, and the workflows they are narrowed to. */
import { MultiSelect, TagsInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { asProblem } from "~/api/problem";
import { workflowChoicesQuery } from "~/shared/workflowChoices";

import { eventTypesQuery } from "./queries";

const TEST = "endpoint.test";

interface ChoosingProps {
  types: readonly string[];
  workflowIds: readonly string[];
  onChange: (change: { eventTypes?: string[]; workflowIds?: string[] }) => void;
  error: unknown;
}

export function Choosing({ types, workflowIds, onChange, error }: ChoosingProps) {
  const known = useQuery(eventTypesQuery).data?.filter((type) => type.name !== TEST) ?? [];
  const workflows = useQuery(workflowChoicesQuery).data ?? [];
  const groups = [...new Set(known.map((type) => `${type.name.split(".")[0]}.*`))];
  const help = new Map(known.map((type) => [type.name, type.description]));
  return (
    <>
      <TagsInput
        label="Events"
        description="Names, with * for any part: execution.* is everything about executions."
        placeholder={types.length === 0 ? "execution.failed" : ""}
        data={[...groups, ...known.map((type) => type.name)]}
        splitChars={[",", " "]}
        renderOption={({ option }) => (
          <span>
            <span className="mono">{option.value}</span>
            <span className="dim sm" style={{ display: "block" }}>
              {help.get(option.value) ?? "All of these."}
            </span>
          </span>
        )}
        value={[...types]}
        error={fieldOf(error, "/eventTypes")}
        onChange={(eventTypes) => onChange({ eventTypes })}
      />
      <MultiSelect
        label="Only of these workflows"
        placeholder={workflowIds.length === 0 ? "All of them" : ""}
        searchable
        clearable
        data={workflows}
        value={[...workflowIds]}
        error={fieldOf(error, "/workflowIds")}
        onChange={(chosen) => onChange({ workflowIds: chosen })}
      />
    </>
  );
}

/** What the Hub says about a member, or about a part of it. */
export function fieldOf(error: unknown, pointer: string): string | undefined {
  if (!error) return undefined;
  return asProblem(error).fields.find((field) => field.pointer === pointer || field.pointer.startsWith(`${pointer}/`))
    ?.detail;
}

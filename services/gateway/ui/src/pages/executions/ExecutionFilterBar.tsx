import { useQuery } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";
import { useAddress } from "~/routing/useAddress";
import { FilterBar, FilterChip, SearchField } from "~/shared/Filters";
import { StatusIcon, statusWord, type ExecutionStatus } from "~/shared/Status";
import { workflowChoicesQuery } from "~/shared/workflowChoices";

import { SINCE_CHOICES } from "./since";

const STATUSES: readonly ExecutionStatus[] = [
  "QUEUED",
  "ASSIGNED",
  "RUNNING",
  "STOPPING",
  "COMPLETED",
  "FAILED",
  "STOPPED",
  "LOST",
];
const CHOICES = STATUSES.map((status) => ({
  value: status,
  label: statusWord(status),
  icon: <StatusIcon status={status} />,
}));
const MOST = 200;

/** Search and filters. Changing one goes back to the first page. */
export function ExecutionFilterBar() {
  const [search, change] = useAddress();
  const workflows = useQuery(workflowChoicesQuery);
  const runners = useQuery({
    queryKey: ["runners", "names"],
    queryFn: () => unwrap(api.GET("/api/runners", { params: { query: { limit: MOST } } })),
    staleTime: 60_000,
  });
  const one = (name: string) => (search[name] ? [search[name]] : []);
  const set = (name: string) => (chosen: readonly string[]) => change({ [name]: chosen.join(","), cursor: undefined });
  return (
    <FilterBar>
      <SearchField
        value={search["q"] ?? ""}
        onChange={(q) => change({ q, cursor: undefined })}
        placeholder="Workflow name or number"
      />
      <FilterChip
        name="Status"
        several
        chosen={search["status"]?.split(",") ?? []}
        choices={CHOICES}
        onChange={set("status")}
      />
      <FilterChip name="Time" chosen={one("since")} choices={SINCE_CHOICES} onChange={set("since")} />
      <FilterChip
        name="Workflow"
        chosen={one("workflowId")}
        choices={workflows.data ?? []}
        onChange={set("workflowId")}
      />
      <FilterChip
        name="Runner"
        chosen={one("runnerId")}
        choices={(runners.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        onChange={set("runnerId")}
      />
    </FilterBar>
  );
}

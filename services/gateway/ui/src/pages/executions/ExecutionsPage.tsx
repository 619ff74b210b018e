/** Every execution, newest first, narrowed by filters that stand in the address. */
import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconArrowUp, IconListDetails } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { useMay } from "~/api/session";
import { useFresh } from "~/live/useFresh";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { ExecutionTable } from "~/shared/executions/ExecutionTable";
import { EXECUTIONS, executionsQuery, type ExecutionPage } from "~/shared/executions/queries";
import { Empty } from "~/shared/Feedback";
import { Pager } from "~/shared/Filters";
import { zone } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import type { ExecutionStatus } from "~/shared/Status";
import { useSteadyRows } from "~/shared/useSteadyRows";

import { ExecutionFilterBar } from "./ExecutionFilterBar";
import classes from "./ExecutionsPage.module.css";
import type { ExecutionFilter } from "./bulk";
import { SelectionBar } from "./SelectionBar";
import { sinceInstant } from "./since";
import { filtersOf } from "./views";
import { ViewTabs } from "./ViewTabs";

export function ExecutionsPage() {
  const [search, change] = useAddress();
  const polling = usePolling();
  const filters = {
    workflowId: search["workflowId"],
    runnerId: search["runnerId"],
    status: (search["status"]?.split(",") ?? []) as ExecutionStatus[],
    from: sinceInstant(search["since"]),
    q: search["q"],
  };
  const query = useQuery({
    ...executionsQuery({ ...filters, cursor: search["cursor"] }),
    placeholderData: keepPreviousData,
    refetchInterval: polling,
  });
  useFresh(search["cursor"] ? null : "executions", EXECUTIONS);

  return (
    <Page title="Executions" bleed actions={<span className="dim sm desktop-only">Times in {zone}</span>}>
      <ViewTabs />
      <ExecutionFilterBar />
      <Loaded query={query} what="The executions" rows={12}>
        {(page) => (
          <Rows
            page={page}
            atStart={!search["cursor"]}
            key={JSON.stringify(filtersOf(search))}
            place={JSON.stringify(search)}
            filter={asFilter(filters)}
            onNewer={() => change({ cursor: undefined })}
            onOlder={() => change({ cursor: page.nextCursor ?? undefined }, { push: true })}
            isFiltered={Object.keys(filtersOf(search)).length > 0}
          />
        )}
      </Loaded>
    </Page>
  );
}

interface RowsProps {
  page: ExecutionPage;
  atStart: boolean;
  place: string;
  filter: ExecutionFilter;
  isFiltered: boolean;
  onNewer: () => void;
  onOlder: () => void;
}

/** Without what is not set: null would be a value. */
function asFilter(filters: object): ExecutionFilter {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => Boolean(value))) as ExecutionFilter;
}

function Rows({ page, atStart, place, filter, isFiltered, onNewer, onOlder }: RowsProps) {
  const [pointed, setPointed] = useState(false);
  const { rows, gathered, letIn } = useSteadyRows(page.items, pointed, place);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const mayAct = [useMay("execution:stop"), useMay("execution:run")].some(Boolean);
  // What is no longer on the page is no longer meant.
  const ids = rows.map((row) => row.id).filter((id) => ticked.has(id));
  if (rows.length === 0) return isFiltered ? <NothingFound /> : <NothingYet />;
  return (
    <>
      <div className={classes["rows"]} onPointerEnter={() => setPointed(true)} onPointerLeave={() => setPointed(false)}>
        {gathered > 0 && (
          <div className={classes["gathered"]}>
            <Button size="xs" onClick={letIn} leftSection={<IconArrowUp size={14} stroke={1.5} />}>
              {gathered} new
            </Button>
          </div>
        )}
        <ExecutionTable
          label="Executions"
          rows={rows}
          bleed
          selection={mayAct ? { ids: new Set(ids), onChange: setTicked } : undefined}
        />
      </div>
      {ids.length > 0 && (
        <SelectionBar
          ids={ids}
          filter={filter}
          hasMore={page.nextCursor !== null || !atStart}
          onClear={() => setTicked(new Set())}
        />
      )}
      <Pager atStart={atStart} hasMore={page.nextCursor !== null} onNewer={onNewer} onOlder={onOlder}>
        <span className="desktop-only">
          <kbd>J</kbd> <kbd>K</kbd> move, <kbd>Enter</kbd> open, <kbd>F</kbd> filter
        </span>
      </Pager>
    </>
  );
}

function NothingFound() {
  const [, change] = useAddress();
  const clear = () =>
    change({
      status: undefined,
      workflowId: undefined,
      runnerId: undefined,
      since: undefined,
      q: undefined,
      cursor: undefined,
    });
  return (
    <Empty
      icon={<IconListDetails size={20} stroke={1.5} />}
      title="No execution fits these filters"
      action={<Button onClick={clear}>Remove the filters</Button>}
    >
      Try a longer time, or another status.
    </Empty>
  );
}

function NothingYet() {
  return (
    <Empty
      icon={<IconListDetails size={20} stroke={1.5} />}
      title="Nothing has run yet"
      action={
        <Link to="/workflows" className="link">
          Go to the workflows
        </Link>
      }
    >
      An execution is one run of a workflow: started by a person, a schedule, a webhook or a program.
    </Empty>
  );
}

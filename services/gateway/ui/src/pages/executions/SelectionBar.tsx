/** What is done with the ticked executions: stop or retry them, after a question that names how many they are. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconPlayerStopFilled, IconRefresh } from "@tabler/icons-react";
import { useState } from "react";

import { useMay } from "~/api/session";
import { Confirm } from "~/shared/Confirm";
import { EXECUTIONS } from "~/shared/executions/queries";
import { toast } from "~/shared/Feedback";
import { plural } from "~/shared/format";

import { actOn, countMeant, tellOutcome, type BulkAction, type ExecutionFilter, type Meant } from "./bulk";
import classes from "./ExecutionsPage.module.css";

interface SelectionBarProps {
  ids: readonly string[];
  filter: ExecutionFilter;
  /** Whether the list has more pages than this one. */
  hasMore: boolean;
  onClear: () => void;
}

export function SelectionBar({ ids, filter, hasMore, onClear }: SelectionBarProps) {
  const [all, setAll] = useState(false);
  const [asked, setAsked] = useState<BulkAction | null>(null);
  const [mayStop, mayRun] = [useMay("execution:stop"), useMay("execution:run")];
  const meant: Meant = all ? { filter } : { ids };
  return (
    <div className={classes["selection"]} role="toolbar" aria-label="Selected executions">
      <span className="strong">{all ? "All that match" : `${ids.length} selected`}</span>
      {hasMore && !all && <Button onClick={() => setAll(true)}>Select all that match</Button>}
      <span className="end row">
        {mayStop && (
          <Button leftSection={<IconPlayerStopFilled size={14} />} onClick={() => setAsked("stop")}>
            Stop
          </Button>
        )}
        {mayRun && (
          <Button leftSection={<IconRefresh size={16} stroke={1.5} />} onClick={() => setAsked("retry")}>
            Retry
          </Button>
        )}
        <Button onClick={onClear}>Clear</Button>
      </span>
      {asked && <Question action={asked} meant={meant} onClose={() => setAsked(null)} onDone={onClear} />}
    </div>
  );
}

interface QuestionProps {
  action: BulkAction;
  meant: Meant;
  onClose: () => void;
  onDone: () => void;
}

function Question({ action, meant, onClose, onDone }: QuestionProps) {
  const client = useQueryClient();
  const count = useQuery({ queryKey: ["bulk", action, meant], queryFn: () => countMeant(action, meant), gcTime: 0 });
  const possible = count.data ? count.data.matched - count.data.refused : null;
  const number = count.data && !count.data.isWhole ? `more than ${possible}` : possible;
  const verb = action === "stop" ? "Stop" : "Retry";

  async function act() {
    const outcome = await actOn(action, meant);
    toast(tellOutcome(action, outcome));
    await client.invalidateQueries({ queryKey: EXECUTIONS });
    onDone();
  }

  return (
    <Confirm
      opened
      onClose={onClose}
      title={number === null ? `${verb} them?` : `${verb} ${number} ${possible === 1 ? "execution" : "executions"}?`}
      keep="Leave them"
      confirm={verb}
      onConfirm={act}
    >
      {action === "stop"
        ? "Each is asked to end and has 15 seconds to clean up; what only waits is taken from the queue."
        : "Each begins again from its start with the same inputs, on the version that is published now."}
      {count.data && count.data.refused > 0 && ` ${plural(count.data.refused, "other")} cannot and will be left out.`}
    </Confirm>
  );
}

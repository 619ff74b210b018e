import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { useFresh } from "~/live/useFresh";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { ExecutionTable } from "~/shared/executions/ExecutionTable";
import { EXECUTIONS, executionsQuery } from "~/shared/executions/queries";
import { Empty } from "~/shared/Feedback";
import { Loaded } from "~/shared/Loaded";
import { PageFoot } from "~/shared/PageFoot";
import { Panel } from "~/shared/Panel";

const SHOWN = 25;

export function Runs({ workflowId }: { workflowId: string }) {
  const [search] = useAddress();
  const polling = usePolling();
  const cursor = search["cursor"];
  const query = useQuery({
    ...executionsQuery({ workflowId, cursor, limit: SHOWN }),
    placeholderData: keepPreviousData,
    refetchInterval: polling,
  });
  useFresh(cursor ? null : "executions", EXECUTIONS);
  return (
    <Panel bleed>
      <Loaded query={query} what="The runs">
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="It has not run yet">Run it with the button above, or try its draft in the Studio.</Empty>
          ) : (
            <>
              <ExecutionTable label="Runs" rows={page.items} without={["workflow"]} />
              <PageFoot nextCursor={page.nextCursor} />
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

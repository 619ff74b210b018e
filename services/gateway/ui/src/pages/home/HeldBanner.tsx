import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { usePolling } from "~/live/hooks";
import { useFresh } from "~/live/useFresh";
import { dispatchQuery } from "~/shared/dispatch";
import { Note } from "~/shared/Feedback";
import { Time } from "~/shared/Time";

/** All work is held back: whoever wonders why nothing begins sees who said so. */
export function HeldBanner() {
  const { data } = useQuery({ ...dispatchQuery, refetchInterval: usePolling() });
  useFresh("executions", dispatchQuery.queryKey);
  if (!data?.held) return null;
  return (
    <Note
      tone="warn"
      action={
        <Link to="/health" className="link">
          Health
        </Link>
      }
    >
      <b className="strong">No work is given out until somebody releases it.</b> {data.heldBy} holds it since{" "}
      <Time at={data.heldAt} />
      {data.reason ? `: ${data.reason}` : "."}
    </Note>
  );
}

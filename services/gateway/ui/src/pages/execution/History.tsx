import { useQuery } from "@tanstack/react-query";

import { Loaded } from "~/shared/Loaded";
import { StatusBadge } from "~/shared/Status";
import { Time } from "~/shared/Time";

import classes from "./History.module.css";
import { eventsQuery, type Execution } from "./queries";

const WORDS: Record<string, string> = {
  SUBMIT: "Accepted and queued",
  CLAIM: "Given to a runner",
  ACKNOWLEDGE: "The runner began",
  DECLINE: "The runner declined",
  RETURN: "The runner gave it back",
  OFFER_EXPIRE: "The runner did not answer the offer",
  EXHAUST: "Offered too often without success",
  REFUSE: "The runner refused it",
  STOP: "Asked to stop",
  DEADLINE: "Its run time was over",
  QUEUE_TIMEOUT: "Waited as long as it may",
  FINISH_OK: "Ended well",
  FINISH_FAILED: "Failed",
  FINISH_STOPPED: "Stopped",
  FINISH_TIMEOUT: "Ended by its time limit",
  RETRY_FAILED: "Tried again after a failure",
  RETRY_LOST: "Tried again after the runner was lost",
  NOT_BEGUN: "The runner never began",
  LOSE: "The runner went silent",
  LATE_OK: "A result came late: ended well",
  LATE_FAILED: "A result came late: failed",
  LATE_STOPPED: "A result came late: stopped",
  RESOLVE_COMPLETED: "A person said: it went through",
  RESOLVE_FAILED: "A person said: it did not",
  RESOLVE_STOPPED: "A person said: it was ended",
};

/** Every step of its life, as the Hub wrote it down. */
export function History({ execution }: { execution: Execution }) {
  const query = useQuery(eventsQuery(execution.id));
  return (
    <Loaded query={query} what="The history" rows={4}>
      {(events) => (
        <ol className={classes["list"]}>
          {events.map((event) => (
            <li key={event.seq}>
              <span className="mono dim">
                <Time at={event.at} form="milliseconds" />
              </span>
              <span className={classes["status"]}>{event.toStatus && <StatusBadge status={event.toStatus} />}</span>
              <span>
                {WORDS[event.event] ?? event.event} <span className="dim">{facts(event.facts)}</span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </Loaded>
  );
}

function facts(given: unknown): string {
  if (typeof given !== "object" || given === null) return "";
  return Object.entries(given)
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(", ");
}

/** A work queue by its name. One that is not there yet can be named all the same: it may be made before the run. */
import { Autocomplete } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { api, unwrap } from "~/api/client";
import { useForm } from "./form";
import type { WidgetProps } from "./widgets";

const SHOWN = 50;
const TYPING_MILLISECONDS = 200;

export function QueueWidget({ id, value, invalid, onChange }: WidgetProps) {
  const { readOnly } = useForm();
  const typed = typeof value === "string" ? value : "";
  const [words] = useDebouncedValue(typed.trim(), TYPING_MILLISECONDS);
  const { data } = useQuery({
    queryKey: ["queues", "named", words],
    queryFn: () => unwrap(api.GET("/api/queues", { params: { query: { limit: SHOWN, ...(words && { q: words }) } } })),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
  // Somebody who has chosen sees the others too, not just what is called like the chosen one.
  const all = useQuery({
    queryKey: ["queues", "named", ""],
    queryFn: () => unwrap(api.GET("/api/queues", { params: { query: { limit: SHOWN } } })),
    staleTime: 10_000,
  });
  const known = [...(data?.items ?? []), ...(all.data?.items ?? [])];
  const names = [...new Set(known.map((queue) => queue.name))];
  const found = known.find((queue) => queue.name === typed || queue.id === typed);
  return (
    <>
      <Autocomplete
        id={id}
        data={names}
        value={typed}
        placeholder="Choose or name a queue"
        error={invalid}
        readOnly={readOnly}
        onChange={(next) => onChange(next === "" ? undefined : next)}
      />
      {typed !== "" && data && words === typed && (
        <span className="dim sm">
          {found ? (
            <Link to="/queues/$queueId" params={{ queueId: found.id }} className="link">
              {found.name === typed ? "Open the queue" : `Open ${found.name}`}
            </Link>
          ) : (
            <>
              No queue is called that yet.{" "}
              <Link to="/queues" className="link">
                Queues
              </Link>
            </>
          )}
        </span>
      )}
    </>
  );
}

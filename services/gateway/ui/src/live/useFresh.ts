/** Asks again for what a topic says has changed. */
import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { useTopic } from "./hooks";
import { readAnew } from "./readAnew";

const EVERY_MILLISECONDS = 400;

/** At once, then at most so often while changes keep coming. */
export function useFresh(topic: string | null, ...keys: readonly QueryKey[]): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const waiting = useRef(false);

  useEffect(() => () => clearTimeout(timer.current), []);

  function refresh() {
    waiting.current = false;
    for (const queryKey of keys) readAnew(client, { queryKey });
    timer.current = setTimeout(() => {
      timer.current = undefined;
      if (waiting.current) refresh();
    }, EVERY_MILLISECONDS);
  }

  useTopic(topic, () => {
    if (timer.current === undefined) refresh();
    else waiting.current = true;
  });
}

/** Once more so long after a change: for what the Hub itself looks up only so often. */
export function useFreshLater(topic: string, milliseconds: number, queryKey: QueryKey): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  useEffect(() => () => clearTimeout(timer.current), []);

  useTopic(topic, () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      readAnew(client, { queryKey });
    }, milliseconds);
  });
}

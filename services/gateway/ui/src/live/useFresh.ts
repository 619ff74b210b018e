/** Asks again for what a topic says has changed: at once, then at most so often while changes keep coming. */
import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { useTopic } from "./hooks";
import { readAnew } from "./readAnew";

const EVERY_MILLISECONDS = 400;

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

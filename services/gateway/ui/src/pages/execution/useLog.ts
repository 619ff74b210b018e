/**
 * The lines of a log by place, however many there are: only what is looked at is fetched.
 *
 * Without a filter a line's place is its number, so any part can be read at once. With one, the matches come page by
 * page as the Hub finds them.
 */
import { useInfiniteQuery, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, unwrap, type Schema } from "~/api/client";
import { useTopic, usePolling } from "~/live/hooks";

export type LogLine = Schema<"LogLineShape">;
type LogPage = Schema<"LogPage">;

/** What a page of the API holds at most. */
const CHUNK = 200;

export interface LogFilter {
  q: string;
  level: LogLine["level"] | "";
}

export interface LogView {
  count: number;
  line: (place: number) => LogLine | undefined;
  /** Lines there are, whatever the filter. */
  total: number;
  isPending: boolean;
  error: unknown;
  /** There may be more matches further on. */
  more: (() => void) | null;
  searching: boolean;
}

/** Places that are looked at, the last included. */
export interface LogRange {
  from: number;
  to: number;
}

/** Lines that fit a window, before anybody knows its size. */
const SCREEN = 60;

/** `range` null: nobody has looked yet; the end is read, or the beginning. */
export function useLog(
  executionId: string,
  live: boolean,
  filter: LogFilter,
  range: LogRange | null,
  atEnd: boolean,
): LogView {
  const isFiltered = filter.q !== "" || filter.level !== "";
  const total = useTotal(executionId, live);
  const first = atEnd ? { from: total.count - SCREEN, to: total.count } : { from: 0, to: SCREEN };
  const whole = useWhole(executionId, isFiltered ? 0 : total.count, range ?? first);
  const found = useFound(executionId, filter, isFiltered, total.count);
  if (!isFiltered)
    return {
      count: total.count,
      line: whole,
      total: total.count,
      isPending: total.isPending,
      error: total.error,
      more: null,
      searching: false,
    };
  const lines = found.data?.pages.flatMap((page) => page.items) ?? [];
  return {
    count: lines.length,
    line: (place) => lines[place],
    total: total.count,
    isPending: found.isPending,
    error: found.error,
    more: found.hasNextPage && !found.isFetchingNextPage ? () => void found.fetchNextPage() : null,
    searching: found.isFetching,
  };
}

function useTotal(executionId: string, live: boolean) {
  const polling = usePolling();
  const [announced, setAnnounced] = useState(0);
  useTopic(live ? `execution:${executionId}` : null, (change) => {
    if (change.kind === "logs.appended") setAnnounced(Number((change.payload as { logSeq?: number }).logSeq ?? 0));
  });
  const query = useQuery({
    queryKey: ["execution", executionId, "log", "total"],
    queryFn: () => fetchPage(executionId, { limit: 1 }),
    refetchInterval: live ? polling : false,
  });
  return { count: Math.max(announced, query.data?.lastSeq ?? 0), isPending: query.isPending, error: query.error };
}

/** Chunks around what is looked at. One that is full never changes; the last is asked for again when it has grown. */
function useWhole(executionId: string, count: number, { from, to }: LogRange): (place: number) => LogLine | undefined {
  const first = Math.floor(Math.max(0, from) / CHUNK);
  const last = Math.floor(Math.max(0, Math.min(to, count - 1)) / CHUNK);
  const client = useQueryClient();
  const chunks = count === 0 ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const keyOf = (chunk: number) => ["log", executionId, chunk, Math.min(count, (chunk + 1) * CHUNK)];
  const results = useQueries({
    queries: chunks.map((chunk) => ({
      queryKey: keyOf(chunk),
      queryFn: () => fetchPage(executionId, { after: chunk * CHUNK, limit: CHUNK }),
      staleTime: Infinity,
      // While a chunk grows, its lines so far stay on the screen.
      placeholderData: (previous: LogPage | undefined) => previous ?? shorter(chunk),
    })),
  });
  function shorter(chunk: number): LogPage | undefined {
    const known = client.getQueriesData<LogPage>({ queryKey: ["log", executionId, chunk] });
    return known.map(([, page]) => page).findLast((page) => page !== undefined);
  }
  return (place) => {
    const chunk = Math.floor(place / CHUNK);
    return results[chunk - first]?.data?.items[place - chunk * CHUNK];
  };
}

function useFound(executionId: string, filter: LogFilter, enabled: boolean, total: number) {
  return useInfiniteQuery({
    queryKey: ["found", executionId, filter, Math.ceil(total / CHUNK)],
    queryFn: ({ pageParam }) =>
      fetchPage(executionId, {
        limit: CHUNK,
        cursor: pageParam,
        ...(filter.q ? { q: filter.q } : {}),
        ...(filter.level ? { level: filter.level } : {}),
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
    enabled,
    placeholderData: (previous, query) =>
      query?.queryKey[1] === executionId && query.queryKey[2] === filter ? previous : undefined,
    staleTime: Infinity,
  });
}

type LogQuery = { after?: number; limit: number; cursor?: string; q?: string; level?: LogLine["level"] };

function fetchPage(executionId: string, query: LogQuery): Promise<LogPage> {
  return unwrap(api.GET("/api/executions/{executionId}/logs", { params: { path: { executionId }, query } }));
}

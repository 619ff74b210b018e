/** A query's life on a page: skeleton, error with "try now", data that stays while it is fetched again. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { ErrorNote, Skeleton } from "./Feedback";

interface LoadedProps<Data> {
  query: UseQueryResult<Data>;
  /** What could not be loaded: "The runners". */
  what: string;
  rows?: number;
  children: (data: Data) => ReactNode;
}

export function Loaded<Data>({ query, what, rows, children }: LoadedProps<Data>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) {
    return (
      <div style={{ padding: "var(--s-4)" }}>
        <ErrorNote what={`${what} could not be loaded.`} error={query.error} onRetry={() => void query.refetch()} />
      </div>
    );
  }
  return <Skeleton {...(rows === undefined ? {} : { rows })} />;
}

/**
 * Reads again what is shown, because it changed.
 *
 * A first reading that is under way would count as fresh when it comes, though it may have looked before the change: it
 * is followed by another one.
 */
import type { InvalidateQueryFilters, QueryClient } from "@tanstack/react-query";

export function readAnew(client: QueryClient, filters: InvalidateQueryFilters = {}): void {
  const first = client
    .getQueryCache()
    .findAll({ ...filters, fetchStatus: "fetching" })
    .filter((query) => query.state.data === undefined);
  void client.invalidateQueries(filters);
  for (const { queryKey } of first) {
    const itself = { queryKey, exact: true };
    void client.refetchQueries(itself, { cancelRefetch: false }).then(() => client.invalidateQueries(itself));
  }
}

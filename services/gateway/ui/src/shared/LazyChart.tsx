/** The chart, fetched when a page first shows one. */
import { lazy, Suspense } from "react";

import type { ChartProps } from "./Chart";

const Drawn = lazy(() => import("./Chart").then((module) => ({ default: module.Chart })));

export function Chart(props: ChartProps) {
  return (
    <Suspense fallback={<div style={{ height: props.height }} />}>
      <Drawn {...props} />
    </Suspense>
  );
}

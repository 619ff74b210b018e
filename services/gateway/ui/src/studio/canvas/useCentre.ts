/** The middle of what is in view, in the canvas's own measures. */
import { useStoreApi } from "@xyflow/react";
import { useCallback } from "react";

import type { Point } from "../model/graph";

export function useCentre(): () => Point {
  const canvas = useStoreApi();
  return useCallback(() => {
    const { width, height, transform } = canvas.getState();
    const [x, y, zoom] = transform;
    return { x: (width / 2 - x) / zoom, y: (height / 2 - y) / zoom };
  }, [canvas]);
}

/** Drawing edges with the mouse: only where they are allowed, with the reason where they are not. */
import { useReactFlow, type IsValidConnection, type OnConnect, type OnConnectEnd } from "@xyflow/react";
import { useMemo } from "react";

import { refusal, type Connection } from "../model/connections";
import { DEFAULT_PORT } from "../model/declarations";
import { placesOf } from "../model/graph";
import { useStudio } from "../state/context";
import { join } from "../state/actions";
import { toast } from "~/shared/Feedback";
import type { CanvasEdge } from "./flow";

interface Connecting {
  onConnect: OnConnect;
  onConnectEnd: OnConnectEnd;
  isValid: IsValidConnection<CanvasEdge>;
}

interface Ends {
  source: string;
  sourceHandle?: string | null | undefined;
  target: string;
}

export function useConnecting(): Connecting {
  const studio = useStudio();
  const { screenToFlowPosition } = useReactFlow();
  return useMemo(
    () => ({
      onConnect: (ends) => {
        join(studio, connectionOf(ends));
      },
      isValid: (ends) => refusal(studio.editor.getState().graph, connectionOf(ends), studio.catalogue) === null,
      onConnectEnd: (event, state) => {
        const { editor, catalogue } = studio;
        if (state.isValid || !state.fromNode || state.fromHandle?.type !== "source") return;
        const from = state.fromNode.id;
        const port = state.fromHandle.id ?? DEFAULT_PORT;
        if (state.toNode) {
          const reason = refusal(editor.getState().graph, { from, port, to: state.toNode.id }, catalogue);
          if (reason) toast(reason);
          return;
        }
        const point = "changedTouches" in event ? event.changedTouches[0] : event;
        const home = placesOf(editor.getState().graph).get(from)?.home;
        if (!point || !home) return;
        const at = screenToFlowPosition({ x: point.clientX, y: point.clientY });
        editor.getState().show({ adding: { home, at, after: { from, port }, edge: null } });
      },
    }),
    [studio, screenToFlowPosition],
  );
}

function connectionOf(ends: Ends): Connection {
  return { from: ends.source, port: ends.sourceHandle ?? DEFAULT_PORT, to: ends.target };
}

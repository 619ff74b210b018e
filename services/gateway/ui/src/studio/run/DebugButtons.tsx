/** Hold a test run, let it go, or let it take one step. */
import { Button } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconPlayerTrackNext } from "@tabler/icons-react";
import { useEffect } from "react";

import { useMay } from "~/api/session";
import { useShortcut } from "~/shared/shortcuts";
import { useReveal } from "../canvas/useReveal";
import type { Execution } from "../data/queries";
import { nodeOf } from "../model/graph";
import { useEditor } from "../state/context";
import { heldNodes, tellRun } from "./debugging";
import { useRun } from "./useRun";

export function DebugButtons({ execution }: { execution: Execution }) {
  const { runs } = useRun();
  const mayRun = useMay("execution:run");
  const reveal = useReveal();
  const held = heldNodes(runs)[0];
  const name = useEditor((state) => (held ? nodeOf(state.graph, held.nodeId)?.name : undefined));
  const heldId = held?.nodeId;
  const running = execution.status === "RUNNING" && mayRun;
  useEffect(() => {
    if (heldId !== undefined) reveal(heldId);
  }, [heldId, reveal]);
  useShortcut("f8", "Let the run go on", () => void tellRun(execution.id, { action: "continue" }), {
    scope: "Studio",
    enabled: running && held !== undefined,
  });
  useShortcut("f10", "One step", () => void tellRun(execution.id, { action: "step" }), {
    scope: "Studio",
    enabled: running && held !== undefined,
  });
  if (!running) return null;
  if (!held) {
    return (
      <Button
        size="xs"
        variant="subtle"
        leftSection={<IconPlayerPause size={13} />}
        onClick={() => void tellRun(execution.id, { action: "pause" })}
      >
        Pause
      </Button>
    );
  }
  return (
    <>
      <span className="tag warn" data-testid="held">
        held before {name ?? held.nodeId}
      </span>
      <Button
        size="xs"
        variant="subtle"
        leftSection={<IconPlayerPlay size={13} />}
        onClick={() => void tellRun(execution.id, { action: "continue" })}
      >
        Go on
      </Button>
      <Button
        size="xs"
        variant="subtle"
        leftSection={<IconPlayerTrackNext size={13} />}
        onClick={() => void tellRun(execution.id, { action: "step" })}
      >
        Step
      </Button>
    </>
  );
}

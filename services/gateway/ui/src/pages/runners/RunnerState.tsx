/** What a runner is doing: its own icons, because draining, paused and offline are no statuses of executions. */
import {
  IconBan,
  IconDeviceDesktop,
  IconDownload,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconUsers,
  IconVolumeOff,
} from "@tabler/icons-react";

import { formatInstant } from "~/shared/format";

import classes from "./Runners.module.css";
import type { Runner } from "./queries";

type State = Pick<
  Runner,
  "state" | "silent" | "draining" | "disabled" | "cloned" | "slots" | "freeSlots" | "executionIds" | "pause"
>;

const SIZE = { size: 14, stroke: 1.75, "aria-hidden": true } as const;

export function RunnerState({ runner }: { runner: State }) {
  const [icon, word, tone] = look(runner);
  return (
    <span className={classes["state"]} data-tone={tone} title={pausedBy(runner.pause)}>
      {icon}
      {word}
    </span>
  );
}

/** Who paused it and since when, in a sentence; nothing while it is not paused. */
export function pausedBy(pause: Runner["pause"]): string | undefined {
  if (!pause) return undefined;
  return `Paused at the machine by ${pause.by ?? "its owner"} since ${formatInstant(new Date(pause.since))}.`;
}

function look(runner: State) {
  const busy = runner.slots - runner.freeSlots;
  if (runner.disabled) return [<IconBan key="i" {...SIZE} />, "Disabled", "off"] as const;
  if (runner.cloned) return [<IconUsers key="i" {...SIZE} />, "Cloned", "warn"] as const;
  if (runner.state === "OFFLINE") return [<IconBan key="i" {...SIZE} />, "Offline", "off"] as const;
  if (runner.draining)
    return [<IconDownload key="i" {...SIZE} />, busy > 0 ? `Draining, ${busy} to end` : "Drained", "warn"] as const;
  if (runner.pause) {
    const running = runner.executionIds.length;
    return [
      <IconPlayerPauseFilled key="i" {...SIZE} />,
      running > 0 ? `Paused, ${running} to end` : "Paused",
      "warn",
    ] as const;
  }
  if (runner.silent) return [<IconVolumeOff key="i" {...SIZE} />, "Silent", "warn"] as const;
  if (busy === 0) return [<IconDeviceDesktop key="i" {...SIZE} />, "Ready", ""] as const;
  const word = runner.slots > 1 ? `Busy, ${busy} of ${runner.slots}` : "Busy";
  return [<IconPlayerPlayFilled key="i" {...SIZE} />, word, "busy"] as const;
}

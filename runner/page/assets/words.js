// Instants, durations and statuses in words.

const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const clock = new Intl.DateTimeFormat(undefined, TIME);
const second = new Intl.DateTimeFormat(undefined, { ...TIME, second: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { ...TIME, weekday: "short" });
const day = new Intl.DateTimeFormat(undefined, { ...TIME, day: "numeric", month: "short" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long", hourCycle: "h23" });
const WEEK = 6 * 86_400_000;

export const STATUS = {
  running: "Running",
  completed: "Completed",
  failed: "Failed",
  stopped: "Stopped",
  suspended: "Waits",
  interrupted: "Interrupted",
};

export function when(instant, now = new Date()) {
  const at = new Date(instant);
  if (at.toDateString() === now.toDateString()) return clock.format(at);
  return now - at < WEEK ? weekday.format(at) : day.format(at);
}

export const exactly = (instant) => `${full.format(new Date(instant))} · ${new Date(instant).toISOString()}`;

export const lineTime = (seconds) => second.format(new Date(seconds * 1000));

export function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 1) return "under 1 s";
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

export const took = (run) => duration(new Date(run.endedAt) - new Date(run.beganAt));

export function bytes(count) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toLocaleString(undefined, { maximumFractionDigits: value < 10 && unit ? 1 : 0 })} ${units[unit]}`;
}

// How a run ended, for a row of the list.
export function ending(run) {
  if (run.status === "running") return "running";
  if (run.status === "stopped") return run.stoppedBy ? "stopped by you" : "stopped";
  if (run.status === "suspended") return "waits";
  if (run.status === "interrupted") return "interrupted";
  return took(run);
}

/**
 * One stream of server-sent events for the tab, whatever its parts watch.
 *
 * It follows the union of all topics, closes while nobody looks at the tab, and comes back by itself with the cursor
 * of the last event, so that nothing is missed. Whoever shows data polls behind it; this module owns no data.
 */

export interface Change {
  topic: string;
  /** "execution.changed", "node.changed", "logs.appended", "runner.changed". */
  kind: string;
  payload: unknown;
}

export type LiveState = "idle" | "connecting" | "live" | "reconnecting";

export interface LiveStatus {
  state: LiveState;
  /** When the state began, or when the last live moment was while reconnecting. */
  since: number;
}

const KINDS = ["execution.changed", "node.changed", "logs.appended", "runner.changed"];
/** More happened than the stream can tell: what is shown has to be read anew. */
const RESET = "stream.reset";
const RETRY_MILLISECONDS = [500, 1_000, 2_000, 4_000, 8_000];
/** Parts of a page that appear together ask for their topics together. */
const GATHER_MILLISECONDS = 30;
/** A tab that is hidden shorter keeps its stream. */
const HIDDEN_MILLISECONDS = 20_000;

type Listener = (change: Change) => void;

export class LiveConnection {
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly watchers = new Set<() => void>();
  private source: EventSource | null = null;
  private followed = "";
  private cursor = "";
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  private status: LiveStatus = { state: "idle", since: Date.now() };
  /** Called when a stream stands that cannot say what happened before it: what is shown may be old. */
  onResumed: () => void = () => undefined;

  constructor() {
    document.addEventListener("visibilitychange", () => this.turn());
    window.addEventListener("online", () => this.reopen());
  }

  /** Calls the listener for each change of the topic until the returned function is called. */
  watch(topic: string, listener: Listener): () => void {
    const listeners = this.listeners.get(topic) ?? new Set();
    listeners.add(listener);
    this.listeners.set(topic, listeners);
    this.gather();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.listeners.delete(topic);
      this.gather();
    };
  }

  /** For useSyncExternalStore. */
  readonly subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  readonly getStatus = (): LiveStatus => this.status;

  private gather(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.follow(), GATHER_MILLISECONDS);
  }

  private follow(): void {
    const topics = [...this.listeners.keys()].sort().join(",");
    if (topics === this.followed && this.source) return;
    this.followed = topics;
    this.open();
  }

  private open(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
    if (!this.followed || document.hidden) {
      this.say("idle");
      return;
    }
    if (this.status.state !== "reconnecting") this.say("connecting");
    const query = new URLSearchParams({ topics: this.followed });
    if (this.cursor) query.set("lastEventId", this.cursor);
    const source = new EventSource(`/api/events?${query.toString()}`);
    this.source = source;
    const goesOn = this.cursor !== "";
    source.onopen = () => this.opened(goesOn);
    source.onerror = () => this.broken();
    source.addEventListener(RESET, () => this.onResumed());
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.take(event));
  }

  /** With a cursor the stream tells what came since; without one, a change between a page's reading and now is lost. */
  private opened(goesOn: boolean): void {
    const wasBroken = this.status.state === "reconnecting";
    this.failures = 0;
    this.say("live");
    if (wasBroken || !goesOn) this.onResumed();
  }

  private broken(): void {
    this.source?.close();
    this.source = null;
    this.say("reconnecting");
    const delay = RETRY_MILLISECONDS[Math.min(this.failures, RETRY_MILLISECONDS.length - 1)];
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), delay);
  }

  private reopen(): void {
    if (this.status.state === "reconnecting") this.open();
  }

  private turn(): void {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) {
      this.hiddenTimer = setTimeout(() => this.open(), HIDDEN_MILLISECONDS);
    } else if (!this.source) {
      this.open();
      this.onResumed();
    }
  }

  private take(event: MessageEvent<string>): void {
    if (event.lastEventId) this.cursor = event.lastEventId;
    const change = JSON.parse(event.data) as Change;
    for (const listener of this.listeners.get(change.topic) ?? []) listener(change);
  }

  private say(state: LiveState): void {
    if (this.status.state === state) return;
    // While reconnecting "since" stays at the last live moment: that is how old the page is.
    this.status = { state, since: Date.now() };
    for (const watcher of this.watchers) watcher();
  }
}

export const live = new LiveConnection();

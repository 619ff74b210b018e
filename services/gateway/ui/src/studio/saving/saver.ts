/**
 * Keeps the draft on the Hub up to date with the editor: after a pause, never over somebody else's save, and through
 * times when the Hub is away. What is not saved yet is also kept in the tab.
 */
import { asProblem } from "~/api/problem";
import { isConflict, type Saved } from "../data/queries";
import type { Graph } from "../model/graph";
import type { Keeper } from "./keeper";

export type SaveState =
  | { kind: "saved"; at: number | null }
  | { kind: "unsaved" }
  | { kind: "saving" }
  | { kind: "away" }
  | { kind: "refused"; message: string }
  | { kind: "conflict" };

export const IDLE_MILLISECONDS = 2_000;
/** Somebody who never pauses is saved this often all the same. */
export const LATEST_MILLISECONDS = 20_000;
const RETRY_MILLISECONDS = 2_000;

export interface SaverOptions {
  base: Saved & { graph: Graph };
  save: (graph: Graph, how: { etag: string; automatic: boolean }) => Promise<Saved>;
  keeper: Keeper;
}

export class Saver {
  private state: SaveState = { kind: "saved", at: null };
  private base: Saved & { graph: Graph };
  private wanted: Graph | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private dirtySince = 0;
  private byHand = false;
  private closed = false;
  private running: Promise<void> | null = null;
  private readonly watchers = new Set<() => void>();

  constructor(private readonly options: SaverOptions) {
    this.base = options.base;
  }

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  readonly getState = (): SaveState => this.state;

  /** The draft on the Hub that this editor's work is based on. */
  readonly getBase = (): Saved & { graph: Graph } => this.base;

  get unsaved(): Graph | null {
    return this.wanted;
  }

  /** The editor shows another graph now. */
  changed(graph: Graph): void {
    if (graph === (this.wanted ?? this.base.graph)) return;
    if (this.wanted === null) this.dirtySince = Date.now();
    this.wanted = graph;
    this.options.keeper.keep({ ...this.base, graph });
    if (this.state.kind === "conflict") return;
    if (this.state.kind !== "away" && this.state.kind !== "saving") this.say({ kind: "unsaved" });
    this.schedule(Math.max(0, Math.min(IDLE_MILLISECONDS, this.dirtySince + LATEST_MILLISECONDS - Date.now())));
  }

  /** Saves at once; true when the Hub then has everything. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    while (this.wanted !== null && this.state.kind !== "conflict") {
      await (this.running ?? this.run());
      if (this.state.kind === "away" || this.state.kind === "refused") return false;
    }
    return this.wanted === null;
  }

  /** Saves at once as a version that stays, also what was saved by itself; true when the Hub then has everything. */
  async keep(): Promise<boolean> {
    await this.running;
    this.byHand = true;
    if (this.state.kind !== "conflict") this.wanted ??= this.base.graph;
    return this.flush();
  }

  /** What the Hub has now, after a person decided; `wanted` is saved on top of it unless it is the same. */
  rebase(base: Saved & { graph: Graph }, wanted: Graph): void {
    this.base = base;
    this.wanted = null;
    this.options.keeper.forget();
    this.say({ kind: "saved", at: Date.now() });
    if (wanted !== base.graph) this.changed(wanted);
  }

  /** Saves what waits from here on. */
  open(): void {
    this.closed = false;
    if (this.wanted !== null) this.schedule(IDLE_MILLISECONDS);
  }

  /** No more saves from here on; what is unsaved stays kept in the tab. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private schedule(milliseconds: number): void {
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => void (this.running ?? this.run()), milliseconds);
  }

  private run(): Promise<void> {
    this.running = this.saveOnce().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async saveOnce(): Promise<void> {
    const graph = this.wanted;
    if (graph === null) return;
    if (this.state.kind !== "away") this.say({ kind: "saving" });
    try {
      const saved = await this.options.save(graph, { etag: this.base.etag, automatic: !this.byHand });
      this.base = { ...saved, graph };
      this.byHand = false;
      const later = this.wanted;
      if (later === null || later === graph) {
        this.wanted = null;
        this.options.keeper.forget();
        this.say({ kind: "saved", at: Date.now() });
      } else {
        this.dirtySince = Date.now();
        this.options.keeper.keep({ ...this.base, graph: later });
        this.say({ kind: "unsaved" });
        this.schedule(IDLE_MILLISECONDS);
      }
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    const problem = asProblem(error);
    if (isConflict(error)) {
      this.say({ kind: "conflict" });
    } else if (problem.passing || problem.status === 429 || problem.status === 500) {
      this.say({ kind: "away" });
      this.schedule(RETRY_MILLISECONDS);
    } else {
      this.say({ kind: "refused", message: problem.message });
    }
  }

  private say(state: SaveState): void {
    this.state = state;
    for (const watcher of this.watchers) watcher();
  }
}

/** How a run looks on the canvas: the state of every node in the turns that are shown, and which ways were taken. */

import type { NodeStatus } from "~/shared/Status";
import type { EdgeFact, NodeFacts } from "../canvas/facts";
import { DEFAULT_PORT, ERROR_PORT, portOf } from "../model/declarations";
import type { Graph, GraphNode, Level } from "../model/graph";
import { containersAround, isObject, lanesOf, walk } from "../model/graph";

/** What is needed of a node run; the Hub's shape has more. */
export interface Seen {
  seq: number;
  nodeId: string;
  path: readonly unknown[];
  status: NodeStatus;
  startedAt: string | null;
  durationSeconds: number;
  tryNumber: number;
  output?: unknown;
  /** The way it was left by. */
  port?: string | null;
}

/** The turn of each loop that is shown; the latest where nothing was chosen. */
export type Turns = ReadonlyMap<string, number>;

interface Turn {
  loop: string;
  index: number;
}

export class RunView<Run extends Seen> {
  private readonly byNode = new Map<string, Run[]>();
  private readonly turnsOf = new Map<Run, readonly Turn[]>();
  /** The latest turn of each loop. */
  private readonly latest = new Map<string, number>();

  constructor(
    private readonly graph: Graph,
    runs: readonly Run[],
    private readonly chosen: Turns,
  ) {
    for (const run of [...runs].sort((a, b) => a.seq - b.seq)) {
      const known = this.byNode.get(run.nodeId);
      if (known) known.push(run);
      else this.byNode.set(run.nodeId, [run]);
      const turns = turnsOf(run);
      this.turnsOf.set(run, turns);
      for (const { loop, index } of turns) this.latest.set(loop, Math.max(index, this.latest.get(loop) ?? -1));
    }
  }

  /** The run of a node that is shown: its last try in the shown turns of the loops around. */
  shown(nodeId: string): Run | undefined {
    const runs = this.byNode.get(nodeId);
    if (!runs) return undefined;
    return runs.findLast((run) => this.turnsAround(run).every((turn) => this.turnOf(turn.loop) === turn.index));
  }

  all(nodeId: string): readonly Run[] {
    return this.byNode.get(nodeId) ?? [];
  }

  /** How the turns of a loop ended, in order, within the shown turns of the loops around it. */
  turns(loop: string): NodeStatus[] {
    const found: NodeStatus[] = [];
    for (const runs of this.byNode.values()) {
      for (const run of runs) {
        const turns = this.turnsAround(run);
        const at = turns.findIndex((turn) => turn.loop === loop);
        const own = turns[at];
        if (!own || !turns.slice(0, at).every((turn) => this.turnOf(turn.loop) === turn.index)) continue;
        found[own.index] = worse(found[own.index], run.status);
      }
    }
    return Array.from(found, (status) => status ?? "completed");
  }

  /** The index of the turn of a loop that is shown. */
  turnOf(loop: string): number {
    return this.chosen.get(loop) ?? this.latest.get(loop) ?? -1;
  }

  private turnsAround(run: Run): readonly Turn[] {
    return this.turnsOf.get(run) ?? [];
  }

  /** The facts of every node that was reached. */
  facts(): Map<string, NodeFacts> {
    const facts = new Map<string, NodeFacts>();
    for (const node of walk(this.graph)) {
      const run = this.shown(node.id);
      const loop = lanesOf(node).length > 0 && this.turnOf(node.id) >= 0;
      if (!run) continue;
      facts.set(node.id, {
        status: run.status,
        seconds: run.durationSeconds,
        startedAt: run.startedAt,
        did: didWhat(run),
        ...(loop ? { turns: this.turns(node.id), turn: this.turnOf(node.id) } : {}),
      });
    }
    return facts;
  }

  edgeFacts(): Map<string, EdgeFact> {
    const facts = new Map<string, EdgeFact>();
    const level = (content: Level) => {
      const nodes = new Map(content.nodes.map((node) => [node.id, node]));
      for (const edge of content.edges) {
        const source = nodes.get(edge.from);
        const fact = source && this.edgeFact(source, portOf(edge), edge.to);
        if (fact) facts.set(edge.id, fact);
      }
      for (const node of content.nodes) for (const lane of lanesOf(node)) level(node[lane] ?? { nodes: [], edges: [] });
    };
    level(this.graph);
    return facts;
  }

  private edgeFact(source: GraphNode, port: string, target: string): EdgeFact | undefined {
    const run = this.shown(source.id);
    if (!run || UNDECIDED.includes(run.status)) return undefined;
    if (run.status === "skipped" || portTaken(source, run) !== port) return "dead";
    const next = this.shown(target);
    return next && (next.status === "running" || next.status === "paused") ? "now" : next ? "taken" : undefined;
  }
}

const UNDECIDED: readonly NodeStatus[] = ["running", "paused", "waiting", "retried"];

/** The way by which a node was left; a runner of an older version does not tell, then it follows from the output. */
export function portTaken(node: GraphNode, run: Seen): string | null {
  if (run.port) return run.port;
  if (run.status === "failed") {
    if (node.onError === "errorPort") return ERROR_PORT;
    return node.onError === "continue" ? DEFAULT_PORT : null;
  }
  if (run.status !== "completed" && run.status !== "reused") return null;
  const output = isObject(run.output) ? run.output : {};
  if (node.type === "control.if" && typeof output["result"] === "boolean") return String(output["result"]);
  if (node.type === "control.switch" && typeof output["port"] === "string") return output["port"];
  return DEFAULT_PORT;
}

function turnsOf(run: Seen): Turn[] {
  return run.path.flatMap((part) =>
    isObject(part) && typeof part["loop"] === "string" && typeof part["index"] === "number"
      ? [{ loop: part["loop"], index: part["index"] }]
      : [],
  );
}

const WEIGHT: NodeStatus[] = [
  "skipped",
  "reused",
  "completed",
  "retried",
  "stopped",
  "failed",
  "waiting",
  "running",
  "paused",
];

function worse(a: NodeStatus | undefined, b: NodeStatus): NodeStatus {
  if (a === undefined) return b;
  return WEIGHT.indexOf(b) > WEIGHT.indexOf(a) ? b : a;
}

const LISTS = ["rows", "items", "files", "entries", "messages", "groups", "records"];

/** In two or three words what a node did, from what it handed back. */
export function didWhat(run: Seen): string | undefined {
  if (run.status !== "completed" && run.status !== "reused") return undefined;
  const output = run.output;
  if (Array.isArray(output)) return counted(output.length, "entry", "entries");
  if (!isObject(output)) return undefined;
  for (const name of LISTS) {
    const list = output[name];
    if (Array.isArray(list))
      return counted(
        list.length,
        name.replace(/(ies|s)$/, (end) => (end === "ies" ? "y" : "")),
        name,
      );
  }
  if (typeof output["count"] === "number") return counted(output["count"], "item", "items");
  if (typeof output["status"] === "number") return `answered ${output["status"]}`;
  if (typeof output["result"] === "boolean") return output["result"] ? "true" : "false";
  if (typeof output["port"] === "string") return output["port"];
  const path = output["path"] ?? output["name"];
  if (typeof path === "string") return path.split(/[\\/]/).at(-1);
  return undefined;
}

function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;
}

/** The nodes whose failure is the execution's: the failed ones that stand deepest. */
export function culprit<Run extends Seen>(graph: Graph, runs: readonly Run[]): string | null {
  const failed = runs.filter((run) => run.status === "failed");
  const deepest = failed.sort(
    (a, b) => containersAround(graph, b.nodeId).length - containersAround(graph, a.nodeId).length,
  );
  return deepest[0]?.nodeId ?? null;
}

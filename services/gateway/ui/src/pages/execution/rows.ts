/**
 * Node runs laid out along the graph: one row for each node, in the order of the graph, with one turn of each loop.
 *
 * So a loop of 5,000 turns stays a dozen rows. Pure: graph and runs in, rows out.
 */

import type { NodeStatus } from "~/shared/Status";

interface GraphNode {
  id: string;
  type: string;
  name?: string;
  body?: Level;
  catch?: Level;
  finally?: Level;
}

interface Level {
  nodes: GraphNode[];
}

export interface PathStep {
  loop: string;
  index: number;
}

export interface Run {
  seq: number;
  nodeId: string;
  nodeType: string;
  path: unknown;
  tryNumber: number;
  status: NodeStatus;
  startedAt: string | null;
  completedAt: string | null;
  durationSeconds: number;
}

/** The turns of a loop: how many were begun, which is shown, and how each ended. */
export interface Turns {
  indices: readonly number[];
  chosen: number;
  statuses: ReadonlyMap<number, Run["status"]>;
}

export interface Row<R extends Run = Run> {
  key: string;
  nodeId: string;
  name: string;
  type: string;
  depth: number;
  /** The last try; null when the node was not reached. */
  run: R | null;
  /** Tries before it, that failed. */
  tries: readonly R[];
  turns: Turns | null;
}

/** Which turn of a loop is shown, by the loop's node id. */
export type Chosen = Readonly<Record<string, number>>;

const RANK: Record<NodeStatus, number> = {
  failed: 6,
  paused: 5,
  waiting: 5,
  running: 4,
  stopped: 3,
  retried: 2,
  completed: 1,
  reused: 1,
  skipped: 0,
};

export function layOut<R extends Run>(graph: unknown, runs: readonly R[], chosen: Chosen): Row<R>[] {
  const placed = new Map<string, R[]>();
  for (const run of runs) {
    const key = keyOf(run.nodeId, stepsOf(run.path));
    const there = placed.get(key);
    if (there) there.push(run);
    else placed.set(key, [run]);
  }
  const level = asLevel(graph) ?? bareLevel(runs);
  const rows: Row<R>[] = [];
  addLevel(rows, level, [], 0, { runs, placed, chosen });
  return rows;
}

interface Material<R extends Run> {
  runs: readonly R[];
  placed: ReadonlyMap<string, R[]>;
  chosen: Chosen;
}

function addLevel<R extends Run>(
  rows: Row<R>[],
  level: Level,
  path: readonly PathStep[],
  depth: number,
  material: Material<R>,
): void {
  const ordered = inOrder(level.nodes, path, material);
  for (const node of ordered) {
    const tries = material.placed.get(keyOf(node.id, path)) ?? [];
    const isLoop = node.body !== undefined && node.type !== "control.try";
    const turns = isLoop ? turnsOf(node, path, material) : null;
    rows.push({
      key: keyOf(node.id, path),
      nodeId: node.id,
      name: node.name || node.id,
      type: node.type,
      depth,
      run: tries.at(-1) ?? null,
      tries: tries.slice(0, -1),
      turns,
    });
    const inner = turns ? [...path, { loop: node.id, index: turns.chosen }] : path;
    for (const part of [node.body, node.catch, node.finally])
      if (part) addLevel(rows, part, inner, depth + 1, material);
  }
}

/** As they began; those that were not reached keep the graph's order, after the others. */
function inOrder<R extends Run>(
  nodes: readonly GraphNode[],
  path: readonly PathStep[],
  material: Material<R>,
): GraphNode[] {
  const began = (node: GraphNode) => material.placed.get(keyOf(node.id, path))?.[0]?.seq ?? Infinity;
  return [...nodes].sort((left, right) => {
    const [first, second] = [began(left), began(right)];
    return first === second ? 0 : first - second;
  });
}

function turnsOf<R extends Run>(node: GraphNode, path: readonly PathStep[], material: Material<R>): Turns | null {
  const statuses = new Map<number, Run["status"]>();
  for (const run of material.runs) {
    const steps = stepsOf(run.path);
    const step = steps[path.length];
    if (step?.loop !== node.id || !startsWith(steps, path)) continue;
    const known = statuses.get(step.index);
    if (known === undefined || RANK[run.status] > RANK[known]) statuses.set(step.index, run.status);
  }
  if (statuses.size === 0) return null;
  const indices = [...statuses.keys()].sort((left, right) => left - right);
  const wanted = material.chosen[node.id];
  const failed = indices.find((index) => statuses.get(index) === "failed");
  const chosen = wanted !== undefined && statuses.has(wanted) ? wanted : (failed ?? indices.at(-1) ?? 0);
  return { indices, chosen, statuses };
}

function startsWith(steps: readonly PathStep[], path: readonly PathStep[]): boolean {
  return path.every((step, index) => steps[index]?.loop === step.loop && steps[index].index === step.index);
}

function keyOf(nodeId: string, path: readonly PathStep[]): string {
  return `${nodeId}@${path.map((step) => `${step.loop}:${step.index}`).join("/")}`;
}

export function stepsOf(path: unknown): readonly PathStep[] {
  return Array.isArray(path) ? (path as PathStep[]) : [];
}

function asLevel(graph: unknown): Level | null {
  const nodes = (graph as Partial<Level> | null)?.nodes;
  return Array.isArray(nodes) ? { nodes } : null;
}

/** Without a graph (the workflow was deleted): the nodes that ran, with their ids for names. */
function bareLevel(runs: readonly Run[]): Level {
  const nodes = new Map<string, GraphNode>();
  for (const run of runs) {
    if (stepsOf(run.path).length === 0) nodes.set(run.nodeId, { id: run.nodeId, type: run.nodeType });
  }
  return { nodes: [...nodes.values()] };
}

/** The name of a node wherever it stands in the graph. */
export function findNode(graph: unknown, nodeId: string | null): GraphNode | null {
  const level = asLevel(graph);
  if (!level || nodeId === null) return null;
  for (const node of level.nodes) {
    if (node.id === nodeId) return node;
    for (const part of [node.body, node.catch, node.finally]) {
      const found = part && findNode(part, nodeId);
      if (found) return found;
    }
  }
  return null;
}

/** "each:4,inner:0" in the address. */
export function parseTurns(text: string | undefined): Chosen {
  const chosen: Record<string, number> = {};
  for (const part of text?.split(",") ?? []) {
    const [loop, index] = [part.slice(0, part.lastIndexOf(":")), Number(part.slice(part.lastIndexOf(":") + 1))];
    if (loop && Number.isInteger(index)) chosen[loop] = index;
  }
  return chosen;
}

export function spellTurns(chosen: Chosen): string {
  return Object.entries(chosen)
    .map(([loop, index]) => `${loop}:${index}`)
    .join(",");
}

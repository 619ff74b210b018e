/** Which edges may be drawn: ports that exist, no cycle, no border crossed, nothing into the start, nothing twice. */

import type { Edge, Graph, Level } from "./graph";
import { placesOf, sameHome } from "./graph";
import type { Catalogue } from "./declarations";
import { portOf, portsOf, START } from "./declarations";

export interface Connection {
  from: string;
  port: string;
  to: string;
}

/** Why an edge may not be drawn, as a sentence for the person; null when it may. */
export function refusal(graph: Graph, { from, port, to }: Connection, catalogue: Catalogue): string | null {
  const source = placesOf(graph).get(from);
  const target = placesOf(graph).get(to);
  if (!source || !target) return "One of the two nodes is gone.";
  if (from === to) return "A node cannot lead to itself. Use a loop to repeat it.";
  if (target.node.type === START) return "Nothing leads to the start.";
  if (!sameHome(source.home, target.home)) return "An edge cannot cross the border of a container.";
  if (!portsOf(source.node, catalogue.get(source.node.type)).includes(port)) {
    return `This node has no way out called “${port}”.`;
  }
  if (source.level.edges.some((edge) => edge.from === from && portOf(edge) === port && edge.to === to)) {
    return "These two are connected already.";
  }
  if (reaches(source.level, to, from)) return "This would make a circle. Use a loop to repeat nodes.";
  return null;
}

/** Whether a way along edges leads from one node to another of the same level. */
export function reaches(level: Level, from: string, to: string): boolean {
  const targets = new Map<string, string[]>();
  for (const edge of level.edges) targets.set(edge.from, [...(targets.get(edge.from) ?? []), edge.to]);
  const seen = new Set<string>();
  const waiting = [from];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    waiting.push(...(targets.get(id) ?? []));
  }
  return false;
}

/** Edges whose port the node no longer has, after its config or its handling of failures changed. */
export function danglingEdges(level: Level, nodeId: string, ports: readonly string[]): Edge[] {
  return level.edges.filter((edge) => edge.from === nodeId && !ports.includes(portOf(edge)));
}

/** What node types declare, as the Hub answers it; the palette, the forms and the ports are made from this alone. */

import type { GraphNode, Json, JsonObject, Lane } from "./graph";
import { isObject } from "./graph";

/** A JSON Schema; only the words that forms understand are named. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: Json;
  enum?: Json[];
  const?: Json;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  discriminator?: { propertyName: string; mapping?: Record<string, string> };
  $ref?: string;
  $defs?: Record<string, Schema>;
  [extension: `x-${string}`]: unknown;
}

export interface Declaration {
  type: string;
  family: string;
  title: string;
  help: string;
  icon: string;
  ports: string[];
  containers: Lane[];
  configSchema: Schema;
  example: JsonObject;
  capabilities: string[];
  repeatable: boolean;
  codeFields: string[];
  expressionFields: string[];
  dynamicPorts: { field: string; key: string } | null;
}

export type Catalogue = ReadonlyMap<string, Declaration>;

export const START = "control.start";
export const ERROR_PORT = "error";
export const DEFAULT_PORT = "out";

/** The way out an edge takes; the stored edge may leave out the usual one. */
export function portOf(edge: { port?: string }): string {
  return edge.port ?? DEFAULT_PORT;
}

/** The out-ports of a node as it is configured now; `error` comes last where the node has it. */
export function portsOf(node: GraphNode, declaration: Declaration | undefined): string[] {
  const ports = declaration ? [...namedPorts(node, declaration), ...declaration.ports] : [DEFAULT_PORT];
  if (node.onError === "errorPort") ports.push(ERROR_PORT);
  return [...new Set(ports)];
}

function namedPorts(node: GraphNode, declaration: Declaration): string[] {
  if (!declaration.dynamicPorts) return [];
  const { field, key } = declaration.dynamicPorts;
  const entries = node.config?.[field];
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry) => (isObject(entry) && typeof entry[key] === "string" ? [entry[key]] : []));
}

/** The config a new node starts with: what the schema requires is left to the person, defaults are left out. */
export function firstConfig(declaration: Declaration): JsonObject {
  const config: JsonObject = {};
  if (declaration.dynamicPorts) {
    const example = declaration.example[declaration.dynamicPorts.field];
    if (example !== undefined) config[declaration.dynamicPorts.field] = example;
  }
  return config;
}

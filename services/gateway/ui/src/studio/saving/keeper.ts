/** Keeps what is not saved in the tab's own storage, where it survives a reload and a Hub that is away. */
import { isObject, readGraph, type Graph } from "../model/graph";

export interface Kept {
  version: number;
  saves: number;
  etag: string;
  graph: Graph;
}

export interface Keeper {
  keep: (kept: Kept) => void;
  forget: () => void;
  find: () => Kept | null;
}

export function keeperOf(workflowId: string, storage: Storage = sessionStorage): Keeper {
  const key = `exekra.studio.${workflowId}`;
  return {
    keep: (kept) => {
      try {
        storage.setItem(key, JSON.stringify(kept));
      } catch (error) {
        // The tab's storage is full; the Hub gets the draft in a moment all the same.
        if (!(error instanceof DOMException)) throw error;
        storage.removeItem(key);
      }
    },
    forget: () => storage.removeItem(key),
    find: () => read(storage.getItem(key)),
  };
}

function read(text: string | null): Kept | null {
  if (text === null) return null;
  try {
    const kept: unknown = JSON.parse(text);
    if (!isObject(kept) || typeof kept["etag"] !== "string" || typeof kept["version"] !== "number") return null;
    const saves = typeof kept["saves"] === "number" ? kept["saves"] : 1;
    return { version: kept["version"], saves, etag: kept["etag"], graph: readGraph(kept["graph"]) };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

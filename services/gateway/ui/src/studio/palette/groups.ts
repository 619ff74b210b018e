/** Node types as the palette shows them: by family, and by how well they fit what somebody types. */

import type { Catalogue, Declaration } from "../model/declarations";
import { START } from "../model/declarations";

export interface Group {
  family: string;
  title: string;
  types: Declaration[];
}

const TITLES: Record<string, string> = {
  control: "Control",
  data: "Data",
  table: "Tables",
  json: "JSON",
  xml: "XML",
  yaml: "YAML",
  text: "Text",
  http: "HTTP",
  files: "Files",
  csv: "CSV",
  excel: "Excel",
  pdf: "PDF",
  zip: "ZIP",
  mail: "Mail",
  db: "Databases",
  sftp: "SFTP",
  browser: "Browser",
  desktop: "Desktop",
  script: "Scripts",
  queue: "Queues",
  log: "Log",
};

/** All types but the start, families in the order people look for them, others behind by name. */
export function groupsOf(catalogue: Catalogue, search = ""): Group[] {
  const order = Object.keys(TITLES);
  const rank = (family: string) => (order.includes(family) ? order.indexOf(family) : order.length);
  const types = matching(catalogue, search);
  const families = [...new Set(types.map((type) => type.family))];
  families.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  return families.map((family) => ({
    family,
    title: TITLES[family] ?? family.charAt(0).toUpperCase() + family.slice(1),
    types: types.filter((type) => type.family === family),
  }));
}

/** The types that fit a search, best first; all of them by title for an empty one. */
export function matching(catalogue: Catalogue, search: string): Declaration[] {
  const words = search.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return [...catalogue.values()]
    .filter((type) => type.type !== START)
    .map((type) => ({ type, score: score(type, words) }))
    .filter(({ score: points }) => points > 0)
    .sort((a, b) => b.score - a.score || a.type.title.localeCompare(b.type.title))
    .map(({ type }) => type);
}

function score(type: Declaration, words: string[]): number {
  if (words.length === 0) return 1;
  const title = type.title.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const points = title.startsWith(word)
      ? 8
      : title.includes(word)
        ? 5
        : type.type.toLowerCase().includes(word)
          ? 4
          : type.help.toLowerCase().includes(word)
            ? 1
            : 0;
    if (points === 0) return 0;
    sum += points;
  }
  return sum;
}

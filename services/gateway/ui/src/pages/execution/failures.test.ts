import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { explain } from "./failures";

const ROOT = join(import.meta.dirname, "../../../../../..");
/** A failure is made with its code first; desktop errors are failures before they reach the engine. */
const MADE = /(?:Failure|DesktopError|Refused|lose)\(\s*(?:work,\s*)?"([A-Z][A-Z_]+)"/g;

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".py"))
    .map((entry) => join(entry.parentPath, entry.name));
}

function codes(): string[] {
  const files = ["runner", "services/scheduler/executions"].flatMap((folder) => sources(join(ROOT, folder)));
  return [
    ...new Set(files.flatMap((file) => [...readFileSync(file, "utf8").matchAll(MADE)].map((found) => found[1] ?? ""))),
  ];
}

describe("what a failure means", () => {
  it("is told for every code that the Hub, the runner and its nodes write", () => {
    const found = codes();
    expect(found.length).toBeGreaterThan(100);
    expect(found).toContain("RUNNER_DISK_FULL");
    expect(found.filter((code) => !explain(code))).toEqual([]);
  });

  it("is told by the exact code before the family", () => {
    expect(explain("RUNNER_DISK_FULL")?.next).toContain("Free disk space");
    expect(explain("QUEUE_TIMEOUT")?.place).toBe("runners");
    expect(explain("FILE_WAIT_TIMEOUT")?.why).toContain("did not arrive");
    expect(explain("HTTP_TIMEOUT")?.why).toContain("in time");
  });

  it("is not made up for a code that a workflow made up", () => {
    expect(explain("INVOICE_UNPAID")).toBeUndefined();
  });
});

import { expect, it } from "vitest";

import { evidenceOf } from "./evidence";
import type { Artifact } from "./queries";

const artifact = (id: string, nodeId: string, mediaType: string): Artifact => ({
  id,
  nodeId,
  mediaType,
  name: `${id}.png`,
  size: 1,
  sha256: "",
  executionId: "e",
  createdAt: "2026-11-23T09:00:00Z",
});
const failure = (details: Record<string, unknown>) => ({
  code: "ELEMENT_NOT_FOUND",
  message: "It is not there.",
  nodeId: "click",
  retryable: true,
  details,
});
const FILES = [
  artifact("early", "click", "image/png"),
  artifact("named", "click", "image/png"),
  artifact("trace", "click", "application/zip"),
  artifact("late", "click", "image/png"),
  artifact("other", "open", "image/png"),
];

it("is the picture and the trace that the failure names, apart from what else is known", () => {
  const found = evidenceOf(
    failure({ screenshot: { artifactId: "named" }, trace: { artifactId: "trace" }, candidates: 0 }),
    FILES,
  );
  expect(found.screenshot?.id).toBe("named");
  expect(found.trace?.id).toBe("trace");
  expect(found.details).toEqual({ candidates: 0 });
});

it("falls back to the node's last picture, never to another node's", () => {
  expect(evidenceOf(failure({}), FILES).screenshot?.id).toBe("late");
  expect(evidenceOf(failure({ screenshot: { artifactId: "gone" } }), FILES.slice(4)).screenshot).toBeUndefined();
});

it("bears details of any kind", () => {
  expect(evidenceOf(failure({ screenshot: "x", trace: null }), []).details).toEqual({});
});

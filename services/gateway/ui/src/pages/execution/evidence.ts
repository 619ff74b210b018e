/** What a failed browser or desktop node kept of the moment: named in the failure's details, stored as files. */
import type { Artifact, Execution } from "./queries";

type Failure = NonNullable<Execution["failure"]>;

const KINDS = ["screenshot", "trace"] as const;

export interface Evidence {
  screenshot: Artifact | undefined;
  /** Every step of the browser before the failure, to be opened in Playwright's viewer. */
  trace: Artifact | undefined;
  /** What else is known, without the two. */
  details: Record<string, unknown>;
}

/** A file that is no longer kept is not shown. Without a named picture, the node's last one is as good. */
export function evidenceOf(failure: Failure, artifacts: readonly Artifact[]): Evidence {
  const said = isRecord(failure.details) ? failure.details : {};
  const details = Object.fromEntries(Object.entries(said).filter(([name]) => !KINDS.some((kind) => kind === name)));
  const named = (kind: (typeof KINDS)[number]) => {
    const id = idOf(said[kind]);
    return artifacts.find((artifact) => artifact.id === id);
  };
  const ofNode = (artifact: Artifact) => !failure.nodeId || artifact.nodeId === failure.nodeId;
  const screenshot =
    named("screenshot") ?? artifacts.findLast((one) => one.mediaType.startsWith("image/") && ofNode(one));
  return { screenshot, trace: named("trace"), details };
}

function idOf(reference: unknown): string | undefined {
  return isRecord(reference) && typeof reference["artifactId"] === "string" ? reference["artifactId"] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

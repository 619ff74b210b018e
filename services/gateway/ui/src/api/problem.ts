/** What the Hub says when it refuses (RFC 9457), and what it means when nobody answers. */

export interface ProblemField {
  pointer: string;
  detail: string;
}

/** The document's members; `reason` is the stable word to switch on. */
export interface ProblemDocument {
  status: number;
  title: string;
  detail: string;
  reason: string;
  requestId: string;
  errors: ProblemField[];
}

const UNREACHABLE = "UNREACHABLE";

export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly reason: string;
  readonly requestId: string;
  readonly fields: readonly ProblemField[];
  /** Everything else the document carries, for example the obstacles of a refused start. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(document: Partial<ProblemDocument> & { status: number }) {
    super(document.detail ?? document.title ?? `The Hub answered ${document.status}.`);
    this.status = document.status;
    this.reason = document.reason ?? "";
    this.requestId = document.requestId ?? "";
    this.fields = document.errors ?? [];
    this.facts = document as Record<string, unknown>;
  }

  /** The Hub did not answer, or could not reach what it needs: the same call may succeed in a moment. */
  get passing(): boolean {
    return this.status === 0 || this.status === 503 || this.status === 504 || this.status === 502;
  }

  /** What is wrong with one member of the body, by its JSON pointer ("/name"). */
  field(pointer: string): string | undefined {
    return this.fields.find((field) => field.pointer === pointer)?.detail;
  }
}

export function unreachable(): Problem {
  return new Problem({
    status: 0,
    reason: UNREACHABLE,
    detail: "The Hub does not answer. It may be restarting; this page tries again by itself.",
  });
}

/** Any thrown thing as a problem. A mistake of our own keeps its message. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({ status: -1, detail: error instanceof Error ? error.message : String(error) });
}

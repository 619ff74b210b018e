/**
 * The one way to the API: typed by the OpenAPI document, refusals thrown as Problem.
 *
 *   const { execution } = await unwrap(api.GET("/api/executions/{executionId}", { params: { path: { executionId } } }));
 */
import createClient, { type Middleware } from "openapi-fetch";

import { Problem, unreachable, type ProblemDocument } from "./problem";
import type { components, paths } from "./schema";

/** The shapes of the API by their names in the OpenAPI document: Schema<"ExecutionShape">. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

const CSRF_HEADER = "X-Exekra-Csrf";
const SAFE = new Set(["GET", "HEAD"]);

let csrfToken = "";
let onSignedOut: () => void = () => undefined;

/** Called with what GET /api/auth/me hands out. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token ?? "";
}

/** Who wants to know that the session is over (the router, to show the sign-in page). */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

const guard: Middleware = {
  onRequest({ request }) {
    if (!SAFE.has(request.method) && csrfToken) request.headers.set(CSRF_HEADER, csrfToken);
    return request;
  },
  onResponse({ request, response }) {
    if (response.status === 401 && !request.url.endsWith("/api/auth/login")) onSignedOut();
    return response;
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return error;
    return unreachable();
  },
};

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  querySerializer: { array: { style: "form", explode: false } },
});
api.use(guard);

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The answer's body. Throws Problem. */
export async function unwrap<Data>(answer: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await answer;
  if (response.ok) return data as Data;
  const document = typeof error === "object" && error !== null ? (error as Partial<ProblemDocument>) : {};
  throw new Problem({ ...document, status: response.status });
}

/** A key for a POST that creates: the same intent sent twice makes one thing. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}

/** One action on many executions: by their ids, or part after part of all that the filters mean. */
import { api, newIdempotencyKey, unwrap, type Schema } from "~/api/client";

export type BulkAction = "stop" | "retry";
export type ExecutionFilter = Schema<"ExecutionFilter">;
type Answer = Schema<"BulkAnswer">;
type Request = Schema<"BulkRequest">;
type Wish = Omit<Partial<Request>, "action">;

/** Executions that were ticked, or all that pass the filters. */
export type Meant = { ids: readonly string[] } | { filter: ExecutionFilter };

export interface Outcome {
  done: number;
  refused: number;
  /** Why the first of them was refused. */
  why: string | null;
}

const MOST_AT_ONCE = 200;

export async function countMeant(action: BulkAction, meant: Meant): Promise<Answer> {
  return await send({ action, dryRun: true, limit: 1, ...asked(meant) });
}

export async function actOn(action: BulkAction, meant: Meant): Promise<Outcome> {
  const outcome: Outcome = { done: 0, refused: 0, why: null };
  let cursor = "";
  do {
    const answer = await send({ action, limit: MOST_AT_ONCE, cursor, ...asked(meant) });
    outcome.done += answer.done;
    outcome.refused += answer.refused;
    outcome.why ??= answer.items.find((item) => item.outcome === "refused")?.detail ?? null;
    cursor = answer.nextCursor ?? "";
  } while (cursor);
  return outcome;
}

export function tellOutcome(action: BulkAction, { done, refused, why }: Outcome): string {
  const did = action === "stop" ? `Asked ${done} to stop.` : `Started ${done} again.`;
  return refused > 0 ? `${did} ${refused} refused: ${why ?? ""}` : did;
}

function asked(meant: Meant): Wish {
  return "ids" in meant ? { ids: [...meant.ids] } : { filter: meant.filter };
}

function send(request: Wish & { action: BulkAction }): Promise<Answer> {
  return unwrap(
    api.POST("/api/executions/bulk", {
      params: { header: { "Idempotency-Key": newIdempotencyKey() } },
      body: request as Request,
    }),
  );
}

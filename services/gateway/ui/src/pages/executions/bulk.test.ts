import { afterEach, describe, expect, it, vi } from "vitest";

import { api } from "~/api/client";

import { actOn, tellOutcome } from "./bulk";

const post = vi.spyOn(api, "POST");
const page = (more: object) => ({
  data: { items: [], matched: 0, isWhole: true, done: 0, refused: 0, nextCursor: null, ...more },
  response: new Response(null, { status: 200 }),
});

afterEach(() => post.mockReset());

describe("an action on many executions", () => {
  it("goes on until the last part and adds up what happened", async () => {
    const refused = {
      executionId: "b",
      outcome: "refused",
      status: null,
      retriedAs: null,
      reason: "X",
      detail: "Over.",
    };
    post.mockResolvedValueOnce(page({ done: 200, nextCursor: "c" }) as never);
    post.mockResolvedValueOnce(page({ done: 3, refused: 1, items: [refused] }) as never);
    expect(await actOn("stop", { filter: { status: ["QUEUED"] } })).toEqual({ done: 203, refused: 1, why: "Over." });
    const bodies = (post.mock.calls as unknown as [string, { body: { cursor: string } }][]).map(([, { body }]) => body);
    expect(bodies.map((body) => body.cursor)).toEqual(["", "c"]);
  });

  it("tells what was done, and why something was not", () => {
    expect(tellOutcome("stop", { done: 2, refused: 0, why: null })).toBe("Asked 2 to stop.");
    expect(tellOutcome("retry", { done: 1, refused: 1, why: "Over." })).toBe("Started 1 again. 1 refused: Over.");
  });
});

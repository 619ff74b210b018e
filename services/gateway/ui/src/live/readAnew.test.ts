import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, expect, it, vi } from "vitest";

import { readAnew } from "./readAnew";

const client = new QueryClient();
afterEach(() => client.clear());

/** A question that is answered when the test says so; each answer is its number. */
function asked() {
  const answers: (() => void)[] = [];
  const queryFn = vi.fn(() => {
    const number = queryFn.mock.calls.length;
    return new Promise<number>((resolve) => answers.push(() => resolve(number)));
  });
  const observer = new QueryObserver(client, { queryKey: ["asked"], queryFn, staleTime: Infinity });
  const stop = observer.subscribe(() => undefined);
  return { answers, queryFn, observer, stop };
}

it("a change during the first reading is read afterwards", async () => {
  const { answers, queryFn, observer, stop } = asked();
  readAnew(client);
  expect(queryFn).toHaveBeenCalledTimes(1);
  answers[0]?.();
  await vi.waitFor(() => expect(queryFn).toHaveBeenCalledTimes(2));
  answers[1]?.();
  await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe(2));
  expect(queryFn).toHaveBeenCalledTimes(2);
  stop();
});

it("what was read before is read once more, and nothing else is", async () => {
  const { answers, queryFn, observer, stop } = asked();
  answers[0]?.();
  await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe(1));
  readAnew(client, { queryKey: ["other"] });
  expect(queryFn).toHaveBeenCalledTimes(1);
  readAnew(client, { queryKey: ["asked"] });
  await vi.waitFor(() => expect(queryFn).toHaveBeenCalledTimes(2));
  stop();
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Problem } from "~/api/problem";
import type { Saved } from "../data/queries";
import { emptyGraph, type Graph } from "../model/graph";
import { keeperOf } from "./keeper";
import { IDLE_MILLISECONDS, LATEST_MILLISECONDS, Saver, type SaverOptions } from "./saver";

const named = (name: string): Graph => ({ ...emptyGraph(), notes: [{ id: "n", text: name }] });
const first = named("first");

const byItself = (etag: string) => ({ etag, automatic: true });

function open(save: SaverOptions["save"]) {
  const keeper = keeperOf("w");
  return { keeper, saver: new Saver({ base: { version: 1, saves: 1, etag: "e1", graph: first }, save, keeper }) };
}

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
});
afterEach(() => vi.useRealTimers());

describe("saving the draft", () => {
  it("waits for a pause and saves the latest graph once, against the version it is based on", async () => {
    const save = vi.fn().mockResolvedValue({ version: 2, saves: 1, etag: "e2" });
    const { saver, keeper } = open(save);
    saver.changed(named("a"));
    saver.changed(named("b"));
    expect(keeper.find()?.graph.notes?.[0]?.text).toBe("b");
    await vi.advanceTimersByTimeAsync(IDLE_MILLISECONDS);
    expect(save.mock.calls).toEqual([[named("b"), byItself("e1")]]);
    expect(saver.getState().kind).toBe("saved");
    expect(saver.getBase()).toMatchObject({ version: 2, saves: 1, etag: "e2" });
    expect(keeper.find()).toBeNull();
  });

  it("does not wait for ever for somebody who never pauses", async () => {
    const save = vi.fn().mockResolvedValue({ version: 2, saves: 1, etag: "e2" });
    const { saver } = open(save);
    for (let time = 0; time <= LATEST_MILLISECONDS; time += 1_000) {
      saver.changed(named(String(time)));
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(save).toHaveBeenCalled();
  });

  it("saves again what changed while a save was on its way", async () => {
    let answer: (saved: Saved) => void = () => undefined;
    const save = vi.fn().mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    save.mockResolvedValueOnce({ version: 3, saves: 1, etag: "e3" });
    const { saver } = open(save);
    saver.changed(named("a"));
    await vi.advanceTimersByTimeAsync(IDLE_MILLISECONDS);
    saver.changed(named("b"));
    answer({ version: 2, saves: 1, etag: "e2" });
    await vi.advanceTimersByTimeAsync(2 * IDLE_MILLISECONDS);
    expect(save.mock.calls[1]).toEqual([named("b"), byItself("e2")]);
    expect(saver.getState().kind).toBe("saved");
  });

  it("keeps trying while the Hub is away and loses nothing", async () => {
    const save = vi
      .fn()
      .mockRejectedValueOnce(new Problem({ status: 0 }))
      .mockRejectedValueOnce(new Problem({ status: 503 }));
    save.mockResolvedValueOnce({ version: 2, saves: 1, etag: "e2" });
    const { saver, keeper } = open(save);
    saver.changed(named("a"));
    await vi.advanceTimersByTimeAsync(IDLE_MILLISECONDS);
    expect(saver.getState().kind).toBe("away");
    expect(keeper.find()).not.toBeNull();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(saver.getState().kind).toBe("saved");
  });

  it("stops at somebody else's save until a person decides, and keeps what they change meanwhile", async () => {
    const save = vi.fn().mockRejectedValueOnce(new Problem({ status: 412, reason: "DRAFT_CHANGED" }));
    save.mockResolvedValueOnce({ version: 4, saves: 1, etag: "e4" });
    const { saver, keeper } = open(save);
    saver.changed(named("mine"));
    await vi.advanceTimersByTimeAsync(IDLE_MILLISECONDS);
    expect(saver.getState().kind).toBe("conflict");
    const more = named("mine and more");
    saver.changed(more);
    await vi.advanceTimersByTimeAsync(LATEST_MILLISECONDS);
    expect(save).toHaveBeenCalledTimes(1);
    expect(keeper.find()?.graph.notes?.[0]?.text).toBe("mine and more");
    saver.rebase({ version: 3, saves: 1, etag: "e3", graph: named("theirs") }, more);
    await vi.advanceTimersByTimeAsync(IDLE_MILLISECONDS);
    expect(save.mock.calls[1]).toEqual([more, byItself("e3")]);
  });

  it("says why when the Hub refuses, and flush tells that it did not work", async () => {
    const { saver } = open(vi.fn().mockRejectedValue(new Problem({ status: 403, detail: "You may not." })));
    saver.changed(named("a"));
    expect(await saver.flush()).toBe(false);
    expect(saver.getState()).toEqual({ kind: "refused", message: "You may not." });
  });

  it("saves by hand once, as a version that stays, also when nothing changed since it saved by itself", async () => {
    const save = vi.fn().mockResolvedValue({ version: 2, saves: 1, etag: "e2" });
    const { saver } = open(save);
    saver.changed(named("a"));
    await vi.advanceTimersByTimeAsync(IDLE_MILLISECONDS);
    expect(await saver.keep()).toBe(true);
    saver.changed(named("b"));
    await vi.advanceTimersByTimeAsync(IDLE_MILLISECONDS);
    expect(save.mock.calls.map(([graph, how]) => [graph, (how as { automatic: boolean }).automatic])).toEqual([
      [named("a"), true],
      [named("a"), false],
      [named("b"), true],
    ]);
  });

  it("flushes at once before a run", async () => {
    const { saver } = open(vi.fn().mockResolvedValue({ version: 2, saves: 1, etag: "e2" }));
    saver.changed(named("a"));
    expect(await saver.flush()).toBe(true);
  });
});

describe("what the tab keeps", () => {
  it("is read back, and nonsense is no work", () => {
    const keeper = keeperOf("w");
    keeper.keep({ version: 1, saves: 1, etag: "e", graph: first });
    expect(keeper.find()).toEqual({ version: 1, saves: 1, etag: "e", graph: first });
    sessionStorage.setItem("exekra.studio.w", "{broken");
    expect(keeper.find()).toBeNull();
  });
});

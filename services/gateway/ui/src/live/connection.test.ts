import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { LiveConnection } from "./connection";

class FakeSource {
  static made: FakeSource[] = [];
  readonly listeners = new Map<string, (event: unknown) => void>();
  onopen: () => void = () => undefined;
  onerror: () => void = () => undefined;
  closed = false;
  constructor(readonly url: string) {
    FakeSource.made.push(this);
  }
  addEventListener(kind: string, listener: (event: unknown) => void) {
    this.listeners.set(kind, listener);
  }
  close() {
    this.closed = true;
  }
  tell(topic: string, lastEventId: string) {
    const data = JSON.stringify({ topic, kind: "execution.changed", payload: {} });
    this.listeners.get("execution.changed")?.({ data, lastEventId });
  }
}

const last = () => FakeSource.made.at(-1) as FakeSource;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  FakeSource.made = [];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function connected(): [LiveConnection, () => number] {
  const connection = new LiveConnection();
  const resumed = vi.fn();
  connection.onResumed = resumed;
  return [connection, () => resumed.mock.calls.length];
}

it("everything that is watched shares one stream", () => {
  const [connection] = connected();
  connection.watch("runners", () => undefined);
  connection.watch("executions", () => undefined);
  vi.advanceTimersByTime(100);
  expect(FakeSource.made.map((source) => source.url)).toEqual(["/api/events?topics=executions%2Crunners"]);
});

it("a first stream makes pages read again, one that goes on from a cursor does not", () => {
  const [connection, resumed] = connected();
  connection.watch("executions", () => undefined);
  vi.advanceTimersByTime(100);
  last().onopen();
  expect(resumed()).toBe(1);
  last().tell("executions", "41");
  connection.watch("execution:1", () => undefined);
  vi.advanceTimersByTime(100);
  expect(last().url).toContain("lastEventId=41");
  last().onopen();
  expect(resumed()).toBe(1);
});

it("a broken stream is said, tried again, and makes pages read again", () => {
  const [connection, resumed] = connected();
  const heard = vi.fn();
  connection.watch("executions", heard);
  vi.advanceTimersByTime(100);
  last().onopen();
  last().onerror();
  expect(connection.getStatus().state).toBe("reconnecting");
  vi.advanceTimersByTime(600);
  expect(FakeSource.made).toHaveLength(2);
  last().onerror();
  vi.advanceTimersByTime(600);
  expect(FakeSource.made).toHaveLength(2);
  vi.advanceTimersByTime(500);
  last().onopen();
  expect(connection.getStatus().state).toBe("live");
  expect(resumed()).toBe(2);
  last().tell("executions", "7");
  expect(heard).toHaveBeenCalledTimes(1);
});

it("nobody watching needs no stream", () => {
  const [connection] = connected();
  const stop = connection.watch("runners", () => undefined);
  vi.advanceTimersByTime(100);
  stop();
  vi.advanceTimersByTime(100);
  expect(last().closed).toBe(true);
  expect(connection.getStatus().state).toBe("idle");
});

import { act, renderHook } from "@testing-library/react";
import { expect, it } from "vitest";

import { useSteadyRows } from "./useSteadyRows";

const rows = (...ids: string[]) => ids.map((id) => ({ id, text: id }));

function shown(initial: { fresh: ReturnType<typeof rows>; held: boolean; page: string }) {
  return renderHook((props: typeof initial) => useSteadyRows(props.fresh, props.held, props.page), {
    initialProps: initial,
  });
}

it("new rows gather while somebody reads, and come in by a click", () => {
  const { result, rerender } = shown({ fresh: rows("b", "a"), held: true, page: "1" });
  rerender({ fresh: rows("d", "c", "b", "a"), held: true, page: "1" });
  expect(result.current.rows.map((row) => row.id)).toEqual(["b", "a"]);
  expect(result.current.gathered).toBe(2);
  act(() => result.current.letIn());
  expect(result.current.rows.map((row) => row.id)).toEqual(["d", "c", "b", "a"]);
  expect(result.current.gathered).toBe(0);
});

it("rows that are shown take their new content at once", () => {
  const { result, rerender } = shown({ fresh: rows("a"), held: true, page: "1" });
  rerender({
    fresh: [
      { id: "new", text: "new" },
      { id: "a", text: "changed" },
    ],
    held: true,
    page: "1",
  });
  expect(result.current.rows).toEqual([{ id: "a", text: "changed" }]);
});

it("nobody reads, or another page: everything is shown", () => {
  const { result, rerender } = shown({ fresh: rows("a"), held: false, page: "1" });
  rerender({ fresh: rows("b", "a"), held: false, page: "1" });
  expect(result.current.rows).toHaveLength(2);
  rerender({ fresh: rows("z"), held: true, page: "2" });
  expect(result.current.rows.map((row) => row.id)).toEqual(["z"]);
});

/** What the Hub makes of a schedule that is being edited, a moment after the last key. */
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { api, unwrap } from "~/api/client";

import { timingOf, type Draft } from "./draft";

const TYPING_MILLISECONDS = 350;
const SHOWN = 12;

export function usePreview(draft: Draft) {
  const wanted = { ...timingOf(draft), count: SHOWN, ...(draft.workflowId && { workflowId: draft.workflowId }) };
  // By its text: a new object of the same words is no change.
  const [text] = useDebouncedValue(JSON.stringify(wanted), TYPING_MILLISECONDS);
  return useQuery({
    queryKey: ["triggers", "preview", text],
    queryFn: ({ signal }) =>
      unwrap(api.POST("/api/triggers/preview", { body: JSON.parse(text) as typeof wanted, signal })),
    enabled: draft.kind === "schedule" && (draft.mode !== "at" || draft.at !== ""),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 30_000,
  });
}

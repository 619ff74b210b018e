/** The days a calendar names by itself: added and taken away here, saved together. */
import { ActionIcon, Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { useMay } from "~/api/session";
import { ErrorNote, Note, toast } from "~/shared/Feedback";
import { Panel } from "~/shared/Panel";

import { AddEntry } from "./AddEntry";
import classes from "./Calendar.module.css";
import { spellEntry, type Entry } from "./entries";
import { CALENDARS, type Calendar } from "./queries";

export function Entries({ calendar }: { calendar: Calendar }) {
  const client = useQueryClient();
  const mayEdit = useMay("trigger:edit");
  // What the list began from: the saved calendar, until somebody else changes it while this one is edited.
  const [base, setBase] = useState(calendar);
  const saved = base.entries as Entry[];
  const [entries, setEntries] = useState(saved);
  const isChanged = JSON.stringify(entries) !== JSON.stringify(saved);
  const isOld = calendar.etag !== base.etag;
  if (isOld && !isChanged) begin(calendar);

  function begin(from: Calendar) {
    setBase(from);
    setEntries(from.entries as Entry[]);
  }

  const save = useMutation({
    mutationFn: () =>
      unwrap(
        api.PATCH("/api/calendars/{calendarId}", {
          params: { path: { calendarId: calendar.id } },
          headers: { "If-Match": `"${base.etag}"` },
          body: { entries },
        }),
      ),
    onSuccess: ({ calendar: changed }) => {
      client.setQueryData([...CALENDARS, "one", changed.id], changed);
      begin(changed);
      toast("Saved. Schedules on this calendar are planned anew.");
    },
    // A refusal may mean that somebody else was faster: then the calendar is to be read again as well.
    onSettled: () => client.invalidateQueries({ queryKey: CALENDARS }),
  });
  return (
    <Panel title="Days" aside={isChanged ? "not saved yet" : ""} bleed>
      {entries.length === 0 && (
        <p className={`${classes["foot"]} mut`}>It names no days of its own yet. Add some, or import a file.</p>
      )}
      <ul>
        {entries.map((entry, index) => (
          <li key={JSON.stringify(entry) + index} className={classes["entry"]}>
            <span className="grow">
              <span>{entry.note || spellEntry(entry)}</span>
              {entry.note && <span className="dim sm">{spellEntry(entry)}</span>}
            </span>
            {mayEdit && (
              <ActionIcon
                aria-label={`Remove ${entry.note || spellEntry(entry)}`}
                onClick={() => setEntries(entries.filter((_, at) => at !== index))}
              >
                <IconX size={14} stroke={1.5} />
              </ActionIcon>
            )}
          </li>
        ))}
      </ul>
      {mayEdit && (
        <div className={`${classes["foot"]} stack`}>
          <AddEntry onAdd={(entry) => setEntries([...entries, entry])} />
          {isOld && isChanged && (
            <Note tone="warn">
              Somebody else changed this calendar meanwhile. Discard to see it, then change it again.
            </Note>
          )}
          {save.error && <ErrorNote what="It was not saved." error={save.error} />}
          {isChanged && (
            <div className="row">
              <Button className="end" onClick={() => (begin(calendar), save.reset())}>
                Discard
              </Button>
              <Button variant="filled" loading={save.isPending} onClick={() => save.mutate()}>
                Save
              </Button>
            </div>
          )}
        </div>
      )}
    </Panel>
  );
}

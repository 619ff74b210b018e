/** Days from an ICS document: a file, or an address that is looked at again. */
import { Button, FileButton, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconUpload } from "@tabler/icons-react";
import { useState } from "react";

import { api, unwrap, type Schema } from "~/api/client";
import { asProblem, Problem } from "~/api/problem";
import { useMay } from "~/api/session";
import { Confirm } from "~/shared/Confirm";
import { ErrorNote, Note, toast } from "~/shared/Feedback";
import { plural } from "~/shared/format";
import { Facts, Panel } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { CALENDARS, type Calendar } from "./queries";

const MOST_BYTES = 1024 * 1024;

export function ImportPanel({ calendar }: { calendar: Calendar }) {
  const mayEdit = useMay("trigger:edit");
  const { source } = calendar;
  if (!source && !mayEdit) return null;
  return (
    <Panel title="Imported days">
      <div className="stack">
        {source && <Source calendar={calendar} source={source} mayEdit={mayEdit} />}
        {mayEdit && <Import calendar={calendar} />}
      </div>
    </Panel>
  );
}

interface SourceProps {
  calendar: Calendar;
  source: Schema<"CalendarSource">;
  mayEdit: boolean;
}

function Source({ calendar, source, mayEdit }: SourceProps) {
  const client = useQueryClient();
  const [asked, setAsked] = useState(false);
  async function drop() {
    await unwrap(api.DELETE("/api/calendars/{calendarId}/import", { params: { path: { calendarId: calendar.id } } }));
    toast("The imported days are gone.");
    await client.invalidateQueries({ queryKey: CALENDARS });
  }
  return (
    <>
      {source.problem && (
        <Note tone="warn">
          The last look failed: {source.problem} The copy of <Time at={source.fetchedAt} /> stays in force.
        </Note>
      )}
      <Facts
        rows={[
          ["From", source.url ?? "a file"],
          ["Holds", `${plural(source.events, "event")}, ${plural(source.days, "day")}`],
          ["Days", source.firstDay && `${source.firstDay} to ${source.lastDay ?? ""}`],
          ["Taken", <Time key="fetched" at={source.fetchedAt} />],
        ]}
      />
      {source.notes.map((note) => (
        <p key={note} className="dim sm">
          {note}
        </p>
      ))}
      {mayEdit && (
        <div>
          <Button size="xs" variant="danger" onClick={() => setAsked(true)}>
            Drop them…
          </Button>
        </div>
      )}
      <Confirm
        opened={asked}
        onClose={() => setAsked(false)}
        title="Drop the imported days?"
        confirm="Drop them"
        onConfirm={drop}
      >
        The calendar keeps the days of its own.
      </Confirm>
    </>
  );
}

function Import({ calendar }: { calendar: Calendar }) {
  const client = useQueryClient();
  const [url, setUrl] = useState("");
  const take = useMutation({
    mutationFn: (body: Schema<"ImportCalendar">) =>
      unwrap(api.POST("/api/calendars/{calendarId}/import", { params: { path: { calendarId: calendar.id } }, body })),
    onSuccess: async ({ calendar: changed }) => {
      setUrl("");
      toast(`${plural(changed.source?.days ?? 0, "day")} imported.`);
      await client.invalidateQueries({ queryKey: CALENDARS });
    },
  });
  const read = useMutation({
    mutationFn: async (file: File) => {
      if (file.size > MOST_BYTES)
        throw new Problem({ status: 413, detail: "The file is larger than 1 MiB. Export fewer years." });
      await take.mutateAsync({ ics: await file.text() });
    },
  });
  const error = read.error ?? take.error;
  const atUrl = error && url ? asProblem(error).field("/url") : undefined;
  const begin = () => {
    read.reset();
    take.reset();
  };
  return (
    <>
      <div className="row" style={{ alignItems: "flex-end" }}>
        <TextInput
          className="grow"
          label={calendar.source ? "Another address" : "Address of an ICS calendar"}
          placeholder="https://…/holidays.ics"
          value={url}
          error={atUrl}
          onChange={(event) => (begin(), setUrl(event.currentTarget.value))}
        />
        <Button
          disabled={!url.trim()}
          loading={take.isPending && Boolean(url)}
          onClick={() => take.mutate({ url: url.trim() })}
        >
          Take it
        </Button>
      </div>
      <FileButton accept=".ics,text/calendar" onChange={(file) => (begin(), file && read.mutate(file))}>
        {(props) => (
          <Button
            {...props}
            style={{ alignSelf: "flex-start" }}
            loading={read.isPending}
            leftSection={<IconUpload size={16} stroke={1.5} />}
          >
            Upload a file
          </Button>
        )}
      </FileButton>
      {error && !atUrl && <ErrorNote what="Nothing was imported." error={error} />}
    </>
  );
}

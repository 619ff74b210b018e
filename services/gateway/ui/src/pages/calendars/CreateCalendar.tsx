import { Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { api, newIdempotencyKey, unwrap } from "~/api/client";
import { asProblem } from "~/api/problem";
import { ErrorNote } from "~/shared/Feedback";
import { FormFoot } from "~/shared/FormFoot";
import { allZones, useFirstZone } from "~/shared/zones";

import { CALENDARS, type Calendar } from "./queries";

const KINDS = [
  { value: "blocked", label: "Leaves its days out: holidays" },
  { value: "allowed", label: "Only its days: closing days" },
];
const ZONES = allZones();

/** Name, kind and zone; its days are set on its own page. */
export function CreateCalendar({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [key] = useState(newIdempotencyKey);
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Calendar["kind"]>("blocked");
  const [timezone, setTimezone] = useState(useFirstZone());
  const create = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/calendars", {
          params: { header: { "Idempotency-Key": `${key}${name}`.slice(0, 200) } },
          body: { name: name.trim(), kind, timezone },
        }),
      ),
    onSuccess: ({ calendar }) => {
      void client.invalidateQueries({ queryKey: CALENDARS });
      void navigate({ to: "/calendars/$calendarId", params: { calendarId: calendar.id } });
    },
  });
  const problem = create.error ? asProblem(create.error) : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    create.mutate();
  }

  return (
    <Modal opened onClose={onClose} title="New calendar" size={440} closeButtonProps={{ "aria-label": "Close" }}>
      <form className="stack" onSubmit={submit}>
        <TextInput
          label="Name"
          placeholder="Bank holidays"
          data-autofocus
          value={name}
          error={problem?.field("/name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="What it does"
          data={KINDS}
          value={kind}
          onChange={(value) => setKind((value ?? "blocked") as Calendar["kind"])}
        />
        <Select
          label="Zone"
          description="Where its days begin and end."
          searchable
          limit={60}
          data={ZONES.includes(timezone) ? ZONES : [timezone, ...ZONES]}
          value={timezone}
          error={problem?.field("/timezone")}
          onChange={(value) => value && setTimezone(value)}
        />
        {problem && problem.fields.length === 0 && <ErrorNote what="It was not made." error={problem} />}
        <FormFoot onCancel={onClose} isPending={create.isPending} disabled={!name.trim()}>
          Create
        </FormFoot>
      </form>
    </Modal>
  );
}

/** Making up for missed fires: first what would run, then running it. */
import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconHistory } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";

import { api, unwrap } from "~/api/client";
import { ErrorNote, Note, toast } from "~/shared/Feedback";
import { plural } from "~/shared/format";
import { Time } from "~/shared/Time";

import { TRIGGERS, type Trigger } from "./queries";
import classes from "./Triggers.module.css";
import { fromWall, toWall } from "./zones";

const WEEK = 7 * 86_400_000;
const LISTED = 8;

export function BackfillButton({ trigger }: { trigger: Trigger }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button size="xs" leftSection={<IconHistory size={14} stroke={1.5} />} onClick={() => setOpened(true)}>
        Backfill
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title="Make up for missed fires"
        size={480}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Steps trigger={trigger} onClose={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function Steps({ trigger, onClose }: { trigger: Trigger; onClose: () => void }) {
  const client = useQueryClient();
  const zone = trigger.timezone ?? "UTC";
  const [[from, to], setRange] = useState(() => [
    toWall(new Date(Date.now() - WEEK).toISOString(), zone),
    toWall(new Date().toISOString(), zone),
  ]);
  const ask = (dryRun: boolean) =>
    unwrap(
      api.POST("/api/triggers/{triggerId}/backfill", {
        params: { path: { triggerId: trigger.id } },
        body: { from: fromWall(from, zone), to: fromWall(to, zone), dryRun },
      }),
    );
  const look = useMutation({ mutationFn: () => ask(true) });
  const run = useMutation({
    mutationFn: () => ask(false),
    onSuccess: async ({ items, remaining }) => {
      const more = remaining > 0 ? ` ${plural(remaining, "fire")} left: ask once more.` : "";
      toast(`${plural(items.length, "execution")} queued.${more}`);
      await client.invalidateQueries({ queryKey: TRIGGERS });
      if (remaining === 0) onClose();
      else look.mutate();
    },
  });
  const found = look.data?.items ?? [];
  const set = (range: [string, string]) => {
    look.reset();
    run.reset();
    setRange(range);
  };
  const isRange = from !== "" && to !== "" && from < to;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (found.length > 0) run.mutate();
    else look.mutate();
  }

  return (
    <form className="stack" onSubmit={submit}>
      <p className="mut">
        Fires of this time that were missed or skipped are executed, each at most once. Times are in {zone}.
      </p>
      <div className={classes["range"]}>
        <TextInput
          label="From"
          type="datetime-local"
          value={from}
          onChange={(event) => set([event.currentTarget.value, to])}
        />
        <TextInput
          label="To"
          type="datetime-local"
          value={to}
          error={from !== "" && to !== "" && !isRange ? "Later than its begin" : undefined}
          onChange={(event) => set([from, event.currentTarget.value])}
        />
      </div>
      {look.data && found.length === 0 && (
        <Note tone="info">
          Nothing was missed in this time.
          {look.data.shared > 0 &&
            ` ${plural(look.data.shared, "fire")} stand together in rows that cannot be executed singly.`}
        </Note>
      )}
      {found.length > 0 && (
        <div>
          <p className="strong">
            {plural(found.length, "fire")} would be executed
            {look.data && look.data.remaining > 0 && `, and ${look.data.remaining} more by another call`}:
          </p>
          <ul>
            {found.slice(0, LISTED).map((fire) => (
              <li key={fire.fireAt}>
                <Time at={fire.fireAt} /> <span className="dim">{fire.message}</span>
              </li>
            ))}
            {found.length > LISTED && <li className="dim">and {found.length - LISTED} more</li>}
          </ul>
        </div>
      )}
      {(look.error ?? run.error) && <ErrorNote what="That did not work." error={look.error ?? run.error} />}
      <div className="row">
        <Button className="end" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" variant="filled" disabled={!isRange} loading={look.isPending || run.isPending}>
          {found.length > 0 ? `Execute ${found.length}` : "See what would run"}
        </Button>
      </div>
    </form>
  );
}

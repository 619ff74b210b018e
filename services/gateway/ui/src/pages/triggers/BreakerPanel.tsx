/** When a trigger pauses after failures that are alike, and how it comes back. Saved by itself. */
import { Button, NumberInput, Select, Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, unwrap, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { ErrorNote, toast } from "~/shared/Feedback";
import { Loaded } from "~/shared/Loaded";
import { Panel } from "~/shared/Panel";

import { errorsOf } from "./form";
import classes from "./Form.module.css";
import { breakerQuery, TRIGGERS, type Breaker } from "./queries";

type Change = Schema<"ChangeBreaker">;

const MINUTE = 60;
const RELEASES = [
  { value: "", label: "as the kind of trigger thinks best" },
  { value: "coalesce", label: "one execution for all of it" },
  { value: "all", label: "an execution for each" },
];

export function BreakerPanel({ triggerId }: { triggerId: string }) {
  const query = useQuery(breakerQuery(triggerId));
  return (
    <Panel title="Pause after failures">
      <Loaded query={query} what="The breaker" rows={3}>
        {(breaker) => <Fields triggerId={triggerId} breaker={breaker} />}
      </Loaded>
    </Panel>
  );
}

function Fields({ triggerId, breaker }: { triggerId: string; breaker: Breaker }) {
  const client = useQueryClient();
  const mayEdit = useMay("trigger:edit");
  const [change, setChange] = useState<Change>({});
  const shown = { ...breaker, ...change };
  const save = useMutation({
    mutationFn: () =>
      unwrap(api.PATCH("/api/triggers/{triggerId}/breaker", { params: { path: { triggerId } }, body: change })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: TRIGGERS });
      setChange({});
      toast("Saved.");
    },
  });
  const set = (part: Change) => setChange((before) => ({ ...before, ...part }));
  const errorAt = errorsOf(save.error);
  return (
    <div className="stack">
      <Switch
        label={shown.enabled ? "Pauses, so that one fault does not fail every night" : "Never pauses"}
        checked={shown.enabled ?? false}
        disabled={!mayEdit}
        onChange={(event) => set({ enabled: event.currentTarget.checked })}
      />
      {shown.enabled && (
        <>
          <div className={classes["inline"]}>
            <NumberInput
              label="After equal failures"
              w={140}
              min={1}
              max={100}
              value={shown.threshold ?? 5}
              error={errorAt("/threshold")}
              onChange={(value) => set({ threshold: Number(value) || 1 })}
            />
            <NumberInput
              label="Then try one every"
              suffix=" min"
              w={140}
              min={1}
              value={Math.max(1, Math.round((shown.probeSeconds ?? MINUTE) / MINUTE))}
              error={errorAt("/probeSeconds")}
              onChange={(value) => set({ probeSeconds: (Number(value) || 1) * MINUTE })}
            />
          </div>
          <Select
            label="What was held comes back as"
            data={RELEASES.filter((choice) => choice.value !== "" || breaker.release === null)}
            value={shown.release ?? ""}
            onChange={(release) => release && set({ release: release as "coalesce" | "all" })}
          />
          <p className="dim sm">Fires and deliveries are held meanwhile, not lost. One message is sent, not five.</p>
        </>
      )}
      {save.error && <ErrorNote what="It was not saved." error={save.error} />}
      {Object.keys(change).length > 0 && (
        <div className="row">
          <Button className="end" size="xs" onClick={() => (setChange({}), save.reset())}>
            Discard
          </Button>
          <Button size="xs" variant="filled" loading={save.isPending} onClick={() => save.mutate()}>
            Save
          </Button>
        </div>
      )}
    </div>
  );
}

/** A saved trigger in its form: what was changed is counted, saved by itself, and never overwrites what others saved. */
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, unwrap } from "~/api/client";
import { asProblem } from "~/api/problem";
import { useMay } from "~/api/session";
import { ErrorNote, Note, toast } from "~/shared/Feedback";
import { plural } from "~/shared/format";
import { useShortcut } from "~/shared/shortcuts";

import { BreakerPanel } from "./BreakerPanel";
import { changeBody, countChanges, draftOf, type Draft } from "./draft";
import { isShownAtFields } from "./form";
import { LastFires } from "./LastFires";
import { triggerQuery, TRIGGERS, type Trigger } from "./queries";
import classes from "./Triggers.module.css";
import { TriggerForm } from "./TriggerForm";
import { useDeclaredInputs } from "./useDeclaredInputs";

export function Settings({ trigger }: { trigger: Trigger }) {
  const client = useQueryClient();
  const mayEdit = useMay("trigger:edit");
  const declared = useDeclaredInputs(trigger.workflowId);
  // What the form began from: the saved trigger, until somebody else changes it while this one is edited.
  const [base, setBase] = useState(trigger);
  const [draft, setDraft] = useState(() => draftOf(trigger));
  const changes = countChanges(draft, draftOf(base), declared);
  const isOld = trigger.etag !== base.etag;
  if (isOld && changes === 0) begin(trigger);

  function begin(from: Trigger) {
    setBase(from);
    setDraft(draftOf(from));
  }

  const save = useMutation({
    mutationFn: async () =>
      (
        await unwrap(
          api.PATCH("/api/triggers/{triggerId}", {
            params: { path: { triggerId: trigger.id } },
            headers: { "If-Match": `"${base.etag}"` },
            body: changeBody(draft, draftOf(base), declared),
          }),
        )
      ).trigger,
    onSuccess: (saved) => {
      client.setQueryData([...TRIGGERS, "one", saved.id], saved);
      begin(saved);
      toast("Saved.");
      void client.invalidateQueries({ queryKey: TRIGGERS });
    },
  });
  const update = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const discard = () => {
    save.reset();
    begin(trigger);
  };
  const reload = async () => {
    save.reset();
    begin(await client.fetchQuery({ ...triggerQuery(trigger.id), staleTime: 0 }));
  };
  const trySave = () => {
    if (changes > 0 && !save.isPending) save.mutate();
  };
  useShortcut("mod+s", "Save the trigger", trySave, { enabled: mayEdit });
  const isConflict = save.error !== null && asProblem(save.error).reason === "TRIGGER_CHANGED";
  return (
    <div className="stack">
      {(isOld || isConflict) && changes > 0 && (
        <Note tone="warn" action={<Button onClick={() => void reload()}>Load it again</Button>}>
          Somebody else changed this trigger meanwhile. Loading it again drops what you changed here.
        </Note>
      )}
      {save.error && !isConflict && !isShownAtFields(save.error) && (
        <ErrorNote what="It was not saved." error={save.error} />
      )}
      <fieldset disabled={!mayEdit} className={classes["plain"]}>
        <TriggerForm
          draft={draft}
          update={update}
          declared={declared}
          error={save.error}
          isNew={false}
          isChanged={changes > 0}
          aside={
            <>
              {trigger.kind === "schedule" && <LastFires trigger={trigger} />}
              <BreakerPanel triggerId={trigger.id} />
            </>
          }
        />
      </fieldset>
      {mayEdit && changes > 0 && (
        <div className={classes["save"]} role="status">
          <span className="mut grow">{plural(changes, "change")} not saved</span>
          <Button onClick={discard}>Discard</Button>
          <Button variant="filled" loading={save.isPending} onClick={trySave}>
            Save
          </Button>
        </div>
      )}
    </div>
  );
}

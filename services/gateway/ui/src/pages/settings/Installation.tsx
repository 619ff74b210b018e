import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconEdit } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";

import { api, unwrap } from "~/api/client";
import { asProblem } from "~/api/problem";
import { useMay } from "~/api/session";
import { settingsQuery, useInstallationName, type Settings } from "~/api/settings";
import { ErrorNote, toast } from "~/shared/Feedback";
import { spellDuration } from "~/shared/format";
import { FormFoot } from "~/shared/FormFoot";
import { Loaded } from "~/shared/Loaded";
import { Facts, Panel } from "~/shared/Panel";
import { allZones } from "~/shared/zones";

const FIXED: Record<string, string> = {
  EXEKRA_PUBLIC_URL: "Address",
  EXEKRA_SESSION_IDLE_SECONDS: "Idle sessions end after",
  EXEKRA_SESSION_ABSOLUTE_SECONDS: "Sessions last at most",
};
const ZONES = allZones();

/** Name and time zone of the whole installation, and what its environment has fixed. */
export function Installation() {
  const query = useQuery(settingsQuery);
  const name = useInstallationName();
  const [opened, setOpened] = useState(false);
  const mayEdit = useMay("settings:edit");
  return (
    <Panel
      title="Installation"
      aside="the same for everybody"
      actions={
        mayEdit && (
          <Button
            size="xs"
            leftSection={<IconEdit size={16} stroke={1.5} />}
            disabled={!query.data}
            onClick={() => setOpened(true)}
          >
            Change
          </Button>
        )
      }
    >
      <Loaded query={query} what="The settings" rows={4}>
        {(settings) => (
          <>
            <Facts
              rows={[
                ["Name", name],
                ["New schedules in", settings.timeZone ?? "the zone of whoever makes them"],
                ["Version", settings.version],
                [
                  "Id",
                  <span key="id" className="mono">
                    {settings.installationId}
                  </span>,
                ],
                ...settings.fixed.map(
                  (one) =>
                    [FIXED[one.variable] ?? one.variable, one.value && <Fixed key={one.variable} {...one} />] as const,
                ),
              ]}
            />
            {opened && <Change settings={settings} onClose={() => setOpened(false)} />}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Fixed({ variable, value }: Settings["fixed"][number]) {
  return (
    <>
      {typeof value === "number" ? spellDuration(value) : value} <span className="dim mono sm">{variable}</span>
    </>
  );
}

function Change({ settings, onClose }: { settings: Settings; onClose: () => void }) {
  const client = useQueryClient();
  // What others save meanwhile must not be taken for what this person has seen.
  const [{ etag }] = useState(settings);
  const [name, setName] = useState(settings.installationName ?? "");
  const [zone, setZone] = useState(settings.timeZone);
  const save = useMutation({
    mutationFn: () =>
      unwrap(
        api.PATCH("/api/settings", {
          headers: { "If-Match": `"${etag}"` },
          body: { installationName: name.trim() || null, timeZone: zone },
        }),
      ),
    onSuccess: ({ settings: saved }) => {
      client.setQueryData(settingsQuery.queryKey, saved);
      toast("Saved. Others see it when they next load a page.");
      onClose();
    },
  });
  const problem = save.error ? asProblem(save.error) : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title="Change the installation"
      size={440}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form className="stack" onSubmit={submit}>
        <TextInput
          label="Name"
          description="In the menu and in every page's title, so that nobody takes a test for production."
          placeholder="Exekra Hub"
          maxLength={60}
          data-autofocus
          value={name}
          error={problem?.field("/installationName")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Time zone"
          description="What new schedules and calendars begin with."
          placeholder="The zone of whoever makes them"
          searchable
          clearable
          limit={60}
          nothingFoundMessage="No such zone. Names are like Europe/Berlin."
          data={zone && !ZONES.includes(zone) ? [zone, ...ZONES] : ZONES}
          value={zone}
          error={problem?.field("/timeZone")}
          onChange={setZone}
        />
        {problem && problem.fields.length === 0 && <ErrorNote what="It was not saved." error={problem} />}
        <FormFoot onCancel={onClose} isPending={save.isPending}>
          Save
        </FormFoot>
      </form>
    </Modal>
  );
}

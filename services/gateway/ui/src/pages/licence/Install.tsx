/** Takes a licence file, chosen or dropped; the Hub judges it and says what to do when it refuses. */
import { Button, FileButton } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconUpload } from "@tabler/icons-react";
import { useState, type DragEvent } from "react";

import { api, unwrap } from "~/api/client";
import { Problem } from "~/api/problem";
import { CopyField } from "~/shared/Copy";
import { ErrorNote, toast } from "~/shared/Feedback";
import { licenceQuery } from "~/shared/licence";
import { Panel } from "~/shared/Panel";

import classes from "./Licence.module.css";

const MOST_BYTES = 64 * 1024;

export function Install({ installationId }: { installationId: string | null }) {
  const client = useQueryClient();
  const [isOver, setOver] = useState(false);
  const install = useMutation({
    mutationFn: async (file: File) => {
      if (file.size > MOST_BYTES)
        throw new Problem({ status: 413, detail: `${file.name} is no licence: choose the .lic file you were sent.` });
      return unwrap(api.POST("/api/license", { body: { file: await file.text() } }));
    },
    onSuccess: ({ license }) => {
      client.setQueryData(licenceQuery.queryKey, license);
      toast(`The licence for ${license.customer ?? "this Hub"} is in force.`);
    },
  });
  function take(file: File | null | undefined) {
    if (file && !install.isPending) install.mutate(file);
  }
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  }
  return (
    <Panel title="Install a licence">
      <div className="stack">
        <div
          className={classes["drop"]}
          data-over={isOver || undefined}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <p className="mut">Drop a .lic file here, or choose one. It takes the place of the one before at once.</p>
          <FileButton accept=".lic,application/json" onChange={take}>
            {(props) => (
              <Button {...props} loading={install.isPending} leftSection={<IconUpload size={16} stroke={1.5} />}>
                Choose a file
              </Button>
            )}
          </FileButton>
        </div>
        {install.error && <ErrorNote what="Nothing was installed." error={install.error} />}
        {installationId && (
          <div className="stack tight">
            <p className="dim sm">A licence for this Hub alone names this installation:</p>
            <CopyField text={installationId} what="the installation's id" />
          </div>
        )}
      </div>
    </Panel>
  );
}

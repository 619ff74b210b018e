/** Opens a sitting when the Studio is shown, and ends it without losing what is not saved. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";

import { toast } from "~/shared/Feedback";
import { versionsQuery, type Saved, type Workflow } from "../data/queries";
import { openSession, type Session } from "./session";

/** How often the Studio looks whether somebody else saved while nothing is unsaved here. */
const LOOK_MILLISECONDS = 10_000;

export function useSession(workflow: Workflow, mayEdit: boolean): Session {
  const [session] = useState(() => openSession(workflow, mayEdit));
  const { editor, saver } = session;
  useEffect(() => {
    if (session.restored) toast("Changes that were not saved yet are back.");
    saver.open();
    const unsubscribe = editor.subscribe((state) => saver.changed(state.graph));
    const leave = (event: BeforeUnloadEvent) => {
      if (saver.unsaved !== null) event.preventDefault();
    };
    const hide = () => {
      if (document.hidden) void saver.flush();
    };
    window.addEventListener("beforeunload", leave);
    document.addEventListener("visibilitychange", hide);
    return () => {
      unsubscribe();
      window.removeEventListener("beforeunload", leave);
      document.removeEventListener("visibilitychange", hide);
      saver.close();
      void saver.flush();
    };
  }, [session, editor, saver]);
  useEffect(() => editor.getState().show({ readOnly: !mayEdit }), [editor, mayEdit]);
  useOthersSaves(workflow.id, session);
  const client = useQueryClient();
  const { version, saves } = useSyncExternalStore(saver.subscribe, saver.getBase);
  useEffect(() => {
    void client.invalidateQueries({ queryKey: ["studio", "versions", workflow.id] });
  }, [client, workflow.id, version, saves]);
  return session;
}

/** Shows what somebody else saved, as long as nothing of one's own waits. */
function useOthersSaves(workflowId: string, session: Session): void {
  const { data } = useQuery({ ...versionsQuery(workflowId, 1), refetchInterval: LOOK_MILLISECONDS });
  const latest = data?.[0];
  useEffect(() => {
    const { saver } = session;
    if (!latest || !isLater(latest, saver.getBase()) || saver.getState().kind !== "saved") return;
    const who = latest.createdBy?.name ?? "Somebody";
    void session.reload().then(() => toast(`${who} saved version ${latest.version}. It is what you see now.`));
  }, [latest, session]);
}

function isLater(latest: Pick<Saved, "version" | "saves">, base: Saved): boolean {
  return latest.version > base.version || (latest.version === base.version && latest.saves > base.saves);
}

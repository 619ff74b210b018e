import { Drawer } from "@mantine/core";

import type { Schema } from "~/api/client";
import { JsonView } from "~/shared/JsonView";
import { Facts } from "~/shared/Panel";
import { Time } from "~/shared/Time";

type AuditEvent = Schema<"AuditEvent">;

/** One entry with everything it holds. */
export function Entry({ event, onClose }: { event: AuditEvent | null; onClose: () => void }) {
  return (
    <Drawer
      opened={event !== null}
      onClose={onClose}
      position="right"
      size={500}
      title={event?.action}
      overlayProps={{ backgroundOpacity: 0.4, color: "var(--scrim)" }}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {event && (
        <div className="stack">
          <Facts
            rows={[
              ["Entry", String(event.seq)],
              ["Time", <Time key="time" at={event.at} form="milliseconds" />],
              ["Day", <Time key="day" at={event.at} form="day" />],
              ["Who", `${event.actorName} (${event.actorKind})`],
              ["On what", `${event.resourceName ?? ""} (${event.resourceKind})`],
              [
                "Id",
                event.resourceId && (
                  <span key="id" className="mono">
                    {event.resourceId}
                  </span>
                ),
              ],
              ["From", event.ip],
              ["Service", event.service],
              [
                "Request",
                event.requestId && (
                  <span key="request" className="mono">
                    {event.requestId}
                  </span>
                ),
              ],
              [
                "Hash",
                <span key="hash" className="mono">
                  {event.hash.replace(/(.{8})/g, "$1 ").trim()}
                </span>,
              ],
            ]}
          />
          <section className="stack tight">
            <h3>Details</h3>
            <JsonView value={event.details} what="Details" />
          </section>
        </div>
      )}
    </Drawer>
  );
}

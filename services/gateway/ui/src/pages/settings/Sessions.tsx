import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconDeviceLaptop } from "@tabler/icons-react";

import { api, unwrap } from "~/api/client";
import { toast, toastProblem } from "~/shared/Feedback";
import { Loaded } from "~/shared/Loaded";
import { Panel } from "~/shared/Panel";
import { Age } from "~/shared/Time";

import classes from "./Settings.module.css";

/** Where the person is signed in, and ending what should not be. */
export function Sessions() {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ["sessions"],
    queryFn: async () => (await unwrap(api.GET("/api/sessions"))).items,
  });
  const end = useMutation({
    mutationFn: (sessionId: string) =>
      unwrap(api.DELETE("/api/sessions/{sessionId}", { params: { path: { sessionId } } })),
    onSuccess: async () => {
      toast("That session has ended.");
      await client.invalidateQueries({ queryKey: ["sessions"] });
    },
    onError: (error) => toastProblem("It did not end.", error),
  });
  return (
    <Panel title="Sessions" aside="where you are signed in" bleed>
      <Loaded query={query} what="The sessions" rows={2}>
        {(sessions) => (
          <ul>
            {sessions.map((session) => (
              <li key={session.id} className={classes["session"]}>
                <IconDeviceLaptop size={16} stroke={1.5} aria-hidden="true" />
                <div className="grow">
                  <div className="trunc" title={session.userAgent}>
                    {nameBrowser(session.userAgent)} {session.current && <span className="tag acc">this one</span>}
                  </div>
                  <div className="dim sm">
                    from {session.ip}, seen <Age at={session.lastSeenAt} suffix=" ago" />
                  </div>
                </div>
                {!session.current && (
                  <Button
                    size="xs"
                    variant="danger"
                    loading={end.isPending && end.variables === session.id}
                    onClick={() => end.mutate(session.id)}
                  >
                    End
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

const BROWSERS: readonly [pattern: RegExp, name: string][] = [
  [/Edg\//, "Edge"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: readonly [pattern: RegExp, name: string][] = [
  [/Windows/, "Windows"],
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

function nameBrowser(userAgent: string): string {
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1];
  if (!browser) return userAgent || "A program";
  return system ? `${browser} on ${system}` : browser;
}

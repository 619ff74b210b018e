/** One delivery as it came: line, headers, body; and starting an execution from it again. */
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconRefresh } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";

import { api, newIdempotencyKey, unwrap, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { toast, toastProblem, Note } from "~/shared/Feedback";
import { formatBytes } from "~/shared/format";
import { JsonView } from "~/shared/JsonView";
import { Loaded } from "~/shared/Loaded";
import { Facts } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { OutcomeBadge } from "./Outcome";
import { deliveryQuery, TRIGGERS } from "./queries";
import classes from "./Triggers.module.css";

type Delivery = Schema<"DeliveryShape">;

export function DeliveryDetail({ deliveryId }: { deliveryId: string }) {
  const query = useQuery(deliveryQuery(deliveryId));
  return (
    <Loaded query={query} what="The delivery">
      {(delivery) => <Shown delivery={delivery} />}
    </Loaded>
  );
}

function Shown({ delivery }: { delivery: Delivery }) {
  const body = asJson(delivery.bodyPreview);
  return (
    <div className={classes["parts"]}>
      <Facts
        rows={[
          ["Outcome", <OutcomeBadge key="outcome" kind="webhook" outcome={delivery.outcome} />],
          ["Why", delivery.message],
          ["Received", <Time key="at" at={delivery.receivedAt} />],
          [
            "From",
            <span key="ip" className="mono">
              {delivery.ip}
            </span>,
          ],
          ["Known as", delivery.dedupeId && <span className="mono">{delivery.dedupeId}</span>],
          [
            "Execution",
            delivery.executionId && (
              <Link to="/executions/$executionId" params={{ executionId: delivery.executionId }} className="link">
                Open it
              </Link>
            ),
          ],
          [
            "Replay of",
            delivery.replayOf && (
              <Link
                to="."
                search={(before: object) => ({ ...before, delivery: delivery.replayOf ?? "" })}
                className="link"
              >
                an earlier delivery
              </Link>
            ),
          ],
        ]}
      />
      <Replay delivery={delivery} />
      <div className="stack tight">
        <h3>Request</h3>
        <pre className={`code ${classes["headers"]}`} tabIndex={0} aria-label="Request">
          {`${delivery.method}${delivery.query ? ` ?${delivery.query}` : ""}\n`}
          {Object.entries(delivery.headers)
            .map(([name, value]) => `${name}: ${String(value)}`)
            .join("\n")}
        </pre>
      </div>
      <div className="stack tight">
        <h3>
          Body <span className="dim">{formatBytes(delivery.bodyBytes)}</span>
        </h3>
        {delivery.bodyBytes === 0 && <p className="dim">Empty.</p>}
        {delivery.bodyBytes > 0 &&
          (body === undefined ? (
            <pre className="code" tabIndex={0} aria-label="Body" style={{ whiteSpace: "pre-wrap" }}>
              {delivery.bodyPreview || "Not text."}
            </pre>
          ) : (
            <JsonView value={body} what="the body" />
          ))}
        {!delivery.bodyComplete && delivery.bodyBytes > 0 && (
          <p className="dim sm">Its beginning; the workflow got all of it.</p>
        )}
      </div>
    </div>
  );
}

function Replay({ delivery }: { delivery: Delivery }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayRun = useMay("execution:run");
  const replay = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/deliveries/{deliveryId}/replay", {
          params: { path: { deliveryId: delivery.id }, header: { "Idempotency-Key": newIdempotencyKey() } },
        }),
      ),
    onSuccess: ({ execution }) => {
      toast("Started from what was delivered then.");
      void client.invalidateQueries({ queryKey: TRIGGERS });
      void navigate({ to: "/executions/$executionId", params: { executionId: execution.id } });
    },
    onError: (error) => toastProblem("It was not started.", error),
  });
  if (!mayRun) return null;
  if (delivery.outcome === "refused" && !delivery.bodyComplete)
    return <Note tone="info">Of a refused delivery only the beginning is kept, so it cannot be started again.</Note>;
  return (
    <div>
      <Button
        leftSection={<IconRefresh size={16} stroke={1.5} />}
        loading={replay.isPending}
        onClick={() => replay.mutate()}
      >
        Replay
      </Button>
    </div>
  );
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** One event for one endpoint: its body, every try, and sending it again. */
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconRefresh } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import { api, newIdempotencyKey, unwrap, type Schema } from "~/api/client";
import { useMay } from "~/api/session";
import { toast, toastProblem } from "~/shared/Feedback";
import { JsonView } from "~/shared/JsonView";
import { Loaded } from "~/shared/Loaded";
import { Facts } from "~/shared/Panel";
import { Time } from "~/shared/Time";

import { AttemptView } from "./Attempt";
import classes from "./Events.module.css";
import { deliveryQuery, ENDPOINTS, type Delivery } from "./queries";
import { DeliveryState } from "./State";

export function DeliveryDetail({ endpointId, deliveryId }: { endpointId: string; deliveryId: string }) {
  const query = useQuery({ ...deliveryQuery(endpointId, deliveryId), refetchInterval: 10_000 });
  return (
    <Loaded query={query} what="The delivery">
      {(answer) => <Shown answer={answer} />}
    </Loaded>
  );
}

function Shown({ answer }: { answer: Schema<"EventDeliveryAnswer"> }) {
  const { delivery, attempts, body } = answer;
  return (
    <div className={classes["parts"]}>
      <Facts
        rows={[
          [
            "Event",
            <span key="type" className="mono">
              {delivery.eventType}
            </span>,
          ],
          ["State", <DeliveryState key="state" delivery={delivery} />],
          ["Happened", <Time key="at" at={delivery.eventAt} />],
          ["Next try", delivery.nextAt && <Time at={delivery.nextAt} />],
          ["Gives up", delivery.status === "pending" && <Time at={delivery.giveUpAt} />],
          [
            "About",
            delivery.subjectKind === "execution" && delivery.subjectId ? (
              <Link to="/executions/$executionId" params={{ executionId: delivery.subjectId }} className="link">
                the execution
              </Link>
            ) : (
              delivery.subjectKind
            ),
          ],
          [
            "Message",
            <span key="id" className="mono">
              {delivery.messageId}
            </span>,
          ],
        ]}
      />
      <SendAgain delivery={delivery} />
      <div className="stack tight">
        <h3>Tries</h3>
        {attempts.length === 0 && <p className="dim">None yet.</p>}
        {attempts.map((attempt, index) => (
          <AttemptView key={`${attempt.attemptNo} ${attempt.at}`} attempt={attempt} opened={index === 0} />
        ))}
      </div>
      <div className="stack tight">
        <h3>Body</h3>
        <JsonView value={body} what="the body" />
      </div>
    </div>
  );
}

function SendAgain({ delivery }: { delivery: Delivery }) {
  const client = useQueryClient();
  const mayManage = useMay("event:manage");
  const send = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/event-endpoints/{endpointId}/replay", {
          params: { path: { endpointId: delivery.endpointId }, header: { "Idempotency-Key": newIdempotencyKey() } },
          body: { deliveryIds: [delivery.id], status: ["delivered", "parked"] },
        }),
      ),
    onSuccess: async ({ replayed }) => {
      toast(replayed > 0 ? "It is sent again." : "It waits already.");
      await client.invalidateQueries({ queryKey: ENDPOINTS });
    },
    onError: (error) => toastProblem("It is not sent again.", error),
  });
  if (!mayManage || delivery.status === "pending") return null;
  return (
    <div>
      <Button
        leftSection={<IconRefresh size={16} stroke={1.5} />}
        loading={send.isPending}
        onClick={() => send.mutate()}
      >
        Send again
      </Button>
    </div>
  );
}

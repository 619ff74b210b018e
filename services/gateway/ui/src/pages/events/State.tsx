/** How an endpoint and its deliveries stand, in words and shapes. */
import { StatusBadge } from "~/shared/Status";
import { Time } from "~/shared/Time";

import type { Delivery, Endpoint } from "./queries";

export function EndpointState({ endpoint }: { endpoint: Endpoint }) {
  if (!endpoint.enabled)
    return (
      <span title={endpoint.disabledReason ?? undefined}>
        <StatusBadge status="STOPPED">Off</StatusBadge>
      </span>
    );
  if (endpoint.openUntil)
    return (
      <StatusBadge status="paused">
        Waits until <Time at={endpoint.openUntil} />
      </StatusBadge>
    );
  if (endpoint.failures > 0) return <StatusBadge status="FAILED">Failing</StatusBadge>;
  if (endpoint.lastSuccessAt) return <StatusBadge status="COMPLETED">Delivers</StatusBadge>;
  return <StatusBadge status="QUEUED">Nothing sent yet</StatusBadge>;
}

const STATES = {
  pending: ["waiting", "Waits"],
  delivered: ["COMPLETED", "Delivered"],
  parked: ["FAILED", "Given up"],
} as const;

export function DeliveryState({ delivery }: { delivery: Delivery }) {
  const [look, word] = STATES[delivery.status];
  return <StatusBadge status={look}>{word}</StatusBadge>;
}

export const STATE_CHOICES = Object.entries(STATES).map(([value, [, label]]) => ({ value, label }));

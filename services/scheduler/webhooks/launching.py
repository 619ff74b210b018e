"""How a delivery becomes an execution: what is asked for, and on whose behalf."""

import json
from typing import Final

from runner.workflow.documents import Json
from services.kit.identity import Principal
from services.scheduler.executions.use_cases import Submission
from services.scheduler.webhooks.content import webhook_document
from services.scheduler.webhooks.model import Delivery, Hook

INPUT: Final = "webhook"
"""The name under which the delivery stands among the inputs, beside the trigger's own."""
_NO_INPUTS: Final = (b"", b"{}")


def actor(hook: Hook, ip: str) -> Principal:
    """Who an execution is started by when no person is behind it."""
    return Principal("trigger", hook.trigger_id, hook.name, ip=ip)


def inputs_of(hook: Hook, delivery: Delivery) -> dict[str, Json]:
    """The trigger's inputs with the delivery as `webhook`."""
    inputs: dict[str, Json] = {} if hook.inputs in _NO_INPUTS else json.loads(hook.inputs)
    received_at = delivery.received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    document = webhook_document(delivery.id, received_at, delivery.sent)
    if delivery.replay_of is not None:
        document["replayOf"] = delivery.replay_of
    return {**inputs, INPUT: document}


def submission_of(hook: Hook, inputs: dict[str, Json]) -> Submission:
    """What is asked of the executions."""
    return Submission(
        workflow_id=hook.workflow_id,
        inputs=json.dumps(inputs, separators=(",", ":"), ensure_ascii=False).encode(),
        priority=hook.priority,
        dedupe_key=hook.dedupe_key,
        timeout_seconds=hook.timeout_seconds,
        queue_timeout_seconds=hook.queue_timeout_seconds,
        trigger_id=hook.trigger_id,
        labels=hook.labels,
    )

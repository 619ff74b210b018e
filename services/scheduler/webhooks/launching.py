"""How deliveries become executions: what is asked for, and many of them in a few statements."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from runner.workflow.documents import Json
from services.kit.errors import DomainError, Kind
from services.scheduler.executions.model import Actor, Launch
from services.scheduler.executions.repository.bulk import insert_many
from services.scheduler.executions.repository.submission import Demands
from services.scheduler.executions.use_cases import Submission, make_launch
from services.scheduler.webhooks.content import webhook_document
from services.scheduler.webhooks.model import Delivery, Hook
from services.scheduler.workflows.use_cases import load_launchables

if TYPE_CHECKING:
    from services.kit.postgres import Connection

INPUT: Final = "webhook"
"""The name under which the delivery stands among the inputs, beside the trigger's own."""
_NO_INPUTS: Final = (b"", b"{}")
ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Launched:
    """The execution of a delivery; `merged` when it was there before under the trigger's deduplication key."""

    execution_id: str
    merged: bool = False


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


class Launcher:
    """Makes executions in the caller's transaction, which also holds their deliveries."""

    def __init__(self, *, retry_lease_seconds: float) -> None:
        self._retry_lease_seconds = retry_lease_seconds
        self._demands = Demands()

    async def launch(
        self, connection: "Connection", wanted: Sequence[tuple[Hook, Submission]]
    ) -> list[Launched | DomainError]:
        """For each its execution, or why there is none: NOT_PUBLISHED, WORKFLOW_NOT_FOUND, INPUTS_INVALID."""
        versions = await load_launchables(connection, list({hook.workflow_id for hook, _ in wanted}))
        results: list[Launched | DomainError | None] = [None] * len(wanted)
        launches: dict[int, Launch] = {}
        for index, (hook, submission) in enumerate(wanted):
            version = versions[hook.workflow_id]
            if isinstance(version, DomainError):
                results[index] = version
                continue
            actor = Actor("trigger", hook.trigger_id, hook.name)
            try:
                launches[index] = make_launch(version, submission, actor, self._retry_lease_seconds)
            except DomainError as error:
                results[index] = error
        for _ in range(ROUNDS):
            stored = await insert_many(connection, self._demands, list(launches.values()))
            for index, launch in list(launches.items()):
                if launch.id in stored:
                    results[index] = Launched(stored[launch.id], merged=stored[launch.id] != launch.id)
                    del launches[index]
            if not launches:
                break
        return [result or _too_fast() for result in results]


def _too_fast() -> DomainError:
    return DomainError(Kind.UNAVAILABLE, "BUSY", "Executions of this key begin and end too fast. Try again.")

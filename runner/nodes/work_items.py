"""Work queues of the Hub: adding items, taking the next one, saying what became of it.

An item belongs to the execution that took it until it says how it ended; `id` and `attempt` of the output of
`queue.takeItem` name that handling. What a failed or stopped execution leaves is given back by the Hub itself.
"""

import asyncio
import json
import random
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.workflow.documents import Json

HUB_SECONDS: Final = 300.0
"""So long a node waits for a Hub that is away."""
MAX_WAIT_SECONDS: Final = 7 * 24 * 3600
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 10.0
MAX_ITEMS: Final = 1_000
MAX_BYTES: Final = 8 * 1024 * 1024
"""Of all items that are added at once."""


def _read_instant(value: object) -> object:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else value or None


QueueName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        title="Queue",
        description="Name or id of the queue.",
        json_schema_extra={"x-widget": "workQueue"},
    ),
]
Instant = Annotated[AwareDatetime | None, BeforeValidator(_read_instant)]
Reference = Annotated[str | None, Field(max_length=200)]


class NewItem(NodeConfig):
    """One item, alone or of several."""

    payload: Any = Field(default=None, title="Payload", description="What the item is about: any JSON, 256 KiB.")
    reference: Reference = Field(
        default=None, title="Reference", description="What people know the item by, for instance an invoice's number."
    )
    priority: int = Field(
        default=50, ge=1, le=100, title="Priority", description="1 to 100; each point is worth a minute of waiting."
    )
    not_before: Instant = Field(default=None, title="Not before", description="Nobody takes it earlier.")
    deadline_at: Instant = Field(default=None, title="Deadline", description="Nobody takes it later: it expires.")


class QueueConfig(NodeConfig):
    """Which queue, first in every form."""

    queue: QueueName


class AddItemConfig(NewItem, QueueConfig):
    """Config of queue.addItem."""

    items: list[NewItem] | None = Field(
        default=None,
        max_length=MAX_ITEMS,
        title="Items",
        description="Several at once, all or none, in place of the fields above: payload, reference, priority, …",
    )
    duplicates: Literal["fail", "ignore"] = Field(
        default="fail", title="Duplicates", description="What a reference means that the queue has already."
    )

    @model_validator(mode="after")
    def _is_one_or_many(self) -> Self:
        if self.items is not None and not {"payload", "reference"}.isdisjoint(self.model_fields_set):
            raise ValueError("give either items, or payload and reference")
        return self


class TakeItemConfig(QueueConfig):
    """Config of queue.takeItem."""

    wait_seconds: float = Field(
        default=0,
        ge=0,
        le=MAX_WAIT_SECONDS,
        title="Wait",
        description="Seconds to wait for an item when there is none.",
    )


class TakenItem(NodeConfig):
    """The output of queue.takeItem; what else stands in it does not matter."""

    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, populate_by_name=True, frozen=True)

    id: str = Field(title="Id", description="Of the item.")
    attempt: int = Field(title="Attempt", description="Which taking of it this is.")


class CompleteItemConfig(NodeConfig):
    """Config of queue.completeItem."""

    item: TakenItem = Field(title="Item", description="The output of the node that took it.")
    output: Any = Field(default=None, title="Result", description="Kept with the item: any JSON.")


class FailItemConfig(NodeConfig):
    """Config of queue.failItem."""

    item: TakenItem = Field(title="Item", description="The output of the node that took it.")
    kind: Literal["system", "business"] = Field(
        default="system",
        title="Kind",
        description="System: it may work later, the queue tries again. Business: the item itself cannot be done.",
    )
    code: str = Field(
        default="FAILED", min_length=1, max_length=100, title="Reason", description="A short word, counted by queues."
    )
    message: str = Field(default="", max_length=2_000, title="Message", description="What went wrong, for people.")


class AddItem(NodeType[AddItemConfig]):
    """queue.addItem: output `{id, reference, duplicate}`, for several `{items, added, duplicates}`."""

    type = "queue.addItem"
    title = "Add to queue"
    help = "Adds an item to a work queue, for this or another workflow to take."
    icon = "package-export"
    config = AddItemConfig
    example: ClassVar[dict[str, Any]] = {
        "queue": "Invoices",
        "reference": "{{ nodes.read.output.number }}",
        "payload": {"file": "{{ nodes.read.output.file }}", "amount": "{{ nodes.read.output.amount }}"},
        "duplicates": "ignore",
    }
    isolated = False

    async def run(self, config: AddItemConfig, context: NodeContext) -> Result:
        """Add once, also when the Hub's answer gets lost. Raises NodeFailure."""
        single = config.items is None
        items: list[Json] = [_document(config)] if config.items is None else [_document(item) for item in config.items]
        if not items:
            return Result({"items": [], "added": 0, "duplicates": 0})
        if len(json.dumps(items)) > MAX_BYTES:
            raise NodeFailure("ITEMS_TOO_LARGE", "The items have more than 8 MiB together. Add them in several turns.")
        body: dict[str, Json] = {"queue": config.queue, "items": items, "seconds": HUB_SECONDS}
        added = _items(await context.ask("workItems.add", body))
        taken = [item for item in added if item["duplicate"]]
        if taken and config.duplicates == "fail":
            message = (
                f"The queue has items with {len(taken)} of these references already, first {taken[0]['reference']!r}."
            )
            raise NodeFailure("REFERENCE_TAKEN", message, details={"items": list(taken)})
        if single:
            return Result(added[0])
        return Result({"items": list(added), "added": len(added) - len(taken), "duplicates": len(taken)})


class TakeItem(NodeType[TakeItemConfig]):
    """queue.takeItem: output `{id, attempt, reference, payload, priority, failures, createdAt, deadlineAt}`.

    Left by `empty`, without an output, when there is nothing to take.
    """

    type = "queue.takeItem"
    title = "Take from queue"
    help = "Takes the next item of a work queue, or goes on by `empty` when there is none."
    icon = "inbox"
    config = TakeItemConfig
    example: ClassVar[dict[str, Any]] = {"queue": "Invoices", "waitSeconds": 30}
    ports = ("out", "empty")
    repeatable = True
    isolated = False

    async def run(self, config: TakeItemConfig, context: NodeContext) -> Result:
        """The same node run gets the same item, however often it asks. Raises NodeFailure."""
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + config.wait_seconds, FIRST_PAUSE_SECONDS
        while True:
            seconds = max(until - loop.time(), HUB_SECONDS)
            answer = await context.ask("workItems.take", {"queue": config.queue, "seconds": seconds})
            assert isinstance(answer, dict)
            if answer["item"] is not None:
                return Result(answer["item"])
            left = until - loop.time()
            if left <= 0:
                return Result(None, "empty")
            await asyncio.sleep(min(left, pause * random.uniform(0.8, 1.2)))  # noqa: S311 - spreads load, protects nothing
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


class CompleteItem(NodeType[CompleteItemConfig]):
    """queue.completeItem: output `{id, status, delivered}`; `status` is null while the Hub has not heard it."""

    type = "queue.completeItem"
    title = "Complete item"
    help = "Says that a work item was done, with what came of it."
    icon = "shield-check"
    config = CompleteItemConfig
    example: ClassVar[dict[str, Any]] = {"item": "{{ nodes.take.output }}", "output": {"paid": True}}
    repeatable = True
    isolated = False

    async def run(self, config: CompleteItemConfig, context: NodeContext) -> Result:
        """Kept on disk before it is told; it counts once. Raises NodeFailure."""
        return await _settle(context, config.item, {"outcome": "SUCCESSFUL", "output": config.output})


class FailItem(NodeType[FailItemConfig]):
    """queue.failItem: output `{id, status, delivered}`; with the status `new` the item will be tried again."""

    type = "queue.failItem"
    title = "Fail item"
    help = "Says that a work item failed: for now (system), or for good (business)."
    icon = "hand-stop"
    config = FailItemConfig
    example: ClassVar[dict[str, Any]] = {
        "item": "{{ nodes.take.output }}",
        "kind": "business",
        "code": "NO_VAT_ID",
        "message": "{{ nodes.check.output.failure.message }}",
    }
    repeatable = True
    isolated = False

    async def run(self, config: FailItemConfig, context: NodeContext) -> Result:
        """Kept on disk before it is told; it counts once. Raises NodeFailure."""
        outcome = "BUSINESS_FAILED" if config.kind == "business" else "SYSTEM_FAILED"
        return await _settle(context, config.item, {"outcome": outcome, "code": config.code, "message": config.message})


async def _settle(context: NodeContext, item: TakenItem, ending: dict[str, Json]) -> Result:
    answer = await context.ask("workItems.settle", {"itemId": item.id, "itemAttempt": item.attempt, **ending})
    assert isinstance(answer, dict)
    status = answer["status"]
    shown = to_camel(status.lower()) if isinstance(status, str) else None
    return Result({"id": item.id, "status": shown, "delivered": answer["delivered"]})


def _document(item: NewItem) -> dict[str, Json]:
    return {
        "payload": item.payload,
        "reference": item.reference,
        "priority": item.priority,
        "notBefore": item.not_before.isoformat() if item.not_before else None,
        "deadlineAt": item.deadline_at.isoformat() if item.deadline_at else None,
    }


def _items(answer: Json) -> list[dict[str, Json]]:
    assert isinstance(answer, dict)
    items: Any = answer["items"]
    return list(items)


NODES = (AddItem, TakeItem, CompleteItem, FailItem)

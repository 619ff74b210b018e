"""Queues and items as people and integrators see and change them, on a real Postgres."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exekra.audit.v1 import audit_service_pb2
from services.kit.errors import DomainError
from services.scheduler.queues.release import forget_items
from tests.integration.scheduler.queues.conftest import Queues, status_name

SCHEMA = b'{"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}'


async def refused(wanted: Any) -> DomainError:
    with pytest.raises(DomainError) as error:
        await wanted
    return error.value


async def actions(queues: Queues) -> list[str]:
    rows = await queues.scheduler.sql("SELECT event FROM outbox ORDER BY id")
    events = [audit_service_pb2.AuditEvent.FromString(row["event"]) for row in rows]
    return [event.action for event in events if event.action.startswith("queue.")]


async def test_a_queue_is_made_read_changed_and_deleted(queues: Queues) -> None:
    made = await queues.create(max_retries=3, payload_schema_json=SCHEMA)
    assert (await queues("GetQueue", queue_id=made.id)).queue == made
    changed = (await queues("UpdateQueue", queue_id=made.id, name="Bills", if_match=made.etag)).queue
    assert (changed.name, changed.max_retries, changed.etag != made.etag) == ("Bills", 3, True)
    same = (await queues("UpdateQueue", queue_id=made.id, name="Bills")).queue
    assert same.etag == changed.etag
    stale = await refused(queues("UpdateQueue", queue_id=made.id, name="X", if_match=made.etag))
    assert stale.reason == "QUEUE_CHANGED"
    assert (await queues("UpdateQueue", queue_id=made.id, payload_schema_json=b"null")).queue.payload_schema_json == b""
    await queues("DeleteQueue", queue_id=made.id)
    assert (await refused(queues("GetQueue", queue_id=made.id))).reason == "QUEUE_NOT_FOUND"
    assert await actions(queues) == ["queue.created", "queue.changed", "queue.changed", "queue.deleted"]


async def test_names_are_unique_and_what_cannot_be_is_pointed_at(queues: Queues) -> None:
    first = await queues.create(idempotency_key="k", body_sha256="0")
    assert (await queues.create(idempotency_key="k", body_sha256="0")).id == first.id
    assert (await refused(queues.create("INVOICES"))).reason == "NAME_TAKEN"
    assert (await refused(queues.create(first.id))).fields[0].pointer == "/name"
    assert (await refused(queues.create("X", max_retries=101))).fields[0].pointer == "/maxRetries"
    assert (await refused(queues.create("X", lease_seconds=0.5))).fields[0].pointer == "/leaseSeconds"
    assert (await refused(queues.create("X", payload_schema_json=b"[]"))).reason == "SCHEMA_INVALID"
    await queues.create("bills")
    page = await queues("ListQueues", limit=1)
    rest = await queues("ListQueues", limit=1, cursor=page.next_cursor)
    assert [item.name for item in (*page.items, *rest.items)] == ["bills", "Invoices"]
    assert [item.name for item in (await queues("ListQueues", query="inv")).items] == ["Invoices"]


async def test_a_reference_that_is_taken_is_refused_alone_and_told_among_many(queues: Queues) -> None:
    queue = await queues.create(unique_references=True)
    item = await queues.add(queue, reference="R1")
    taken = await refused(queues.add(queue, reference="R1"))
    assert (taken.reason, taken.facts["itemId"]) == ("REFERENCE_TAKEN", item.id)
    new = [{"reference": reference} for reference in ("R1", "R2", "R2", "", "")]
    added = await queues("AddItems", queue_id=queue.id, items=new)
    assert [each.duplicate for each in added.items] == [True, False, True, False, False]
    assert (added.items[0].id, added.items[2].id) == (item.id, added.items[1].id)
    assert (added.added, added.duplicates) == (3, 2)
    free = await queues.create("Free")
    assert (await queues.add(free, reference="R1")).id != (await queues.add(free, reference="R1")).id


async def test_payloads_are_held_to_the_schema_all_or_none(queues: Queues) -> None:
    queue = await queues.create(payload_schema_json=SCHEMA)
    new = [{"payload_json": b'{"amount": 1}'}, {"payload_json": b'{"amount": "1"}'}, {"payload_json": b"{"}]
    wrong = await refused(queues("AddItems", queue_id=queue.id, items=new))
    assert wrong.reason == "PAYLOAD_INVALID"
    assert [field.pointer for field in wrong.fields] == ["/items/1/payload/amount", "/items/2/payload"]
    assert (await queues("GetQueue", queue_id=queue.id)).queue.counts.new == 0
    fields = {"queue_id": queue.id, "items": new[:1], "idempotency_key": "k", "body_sha256": "0"}
    first, second = await queues("AddItems", **fields), await queues("AddItems", **fields)
    assert first.items[0].id == second.items[0].id
    assert (await refused(queues("AddItems", queue_id=queue.id, items=[{}] * 1_001))).fields[0].pointer == "/items"


async def test_items_are_listed_by_status_reference_time_and_page(queues: Queues) -> None:
    queue, other = await queues.create(), await queues.create("Other")
    for number in range(5):
        await queues.add(queue, {"n": number}, reference=f"A_{number}")
    await queues.add(other, reference="A_9")
    page = await queues("ListItems", queue_id=queue.id, limit=3)
    rest = await queues("ListItems", queue_id=queue.id, limit=3, cursor=page.next_cursor)
    assert [item.reference for item in (*page.items, *rest.items)] == ["A_4", "A_3", "A_2", "A_1", "A_0"]
    assert not rest.next_cursor
    assert len((await queues("ListItems", queue_id=queue.id, reference="A_")).items) == 5
    assert len((await queues("ListItems", queue_id=queue.id, reference="A%")).items) == 0
    assert len((await queues("ListItems", queue_id=queue.id, statuses=["WORK_ITEM_STATUS_LOST"])).items) == 0
    taker = await queues.taker()
    await taker.take(queue.id)
    execution_id = taker.offer.attempt.execution_id
    [mine] = (await queues("ListItems", queue_id=queue.id, execution_id=execution_id)).items
    assert (mine.reference, status_name(mine.status)) == ("A_0", "IN_PROGRESS")
    large = await queues.add(queue, "x" * 3_000)
    [shown] = (await queues("ListItems", queue_id=queue.id, limit=1)).items
    assert (shown.id, shown.payload_json, shown.payload_bytes) == (large.id, b"", 3_002)
    assert len((await queues.get(large)).item.payload_json) == 3_002


async def test_a_person_has_items_tried_again_postpones_and_deletes_them(queues: Queues) -> None:
    queue = await queues.create(max_retries=0)
    item = await queues.add(queue)
    ids = {"queue_id": queue.id, "item_id": item.id}
    assert (await refused(queues("RetryItem", **ids))).reason == "ITEM_NOT_RETRYABLE"
    resolution = {**ids, "outcome": "WORK_ITEM_OUTCOME_SUCCESSFUL"}
    assert (await refused(queues("ResolveItem", **resolution))).reason == "ITEM_NOT_LOST"
    later = datetime.now(UTC) + timedelta(hours=1)
    postponed = (await queues("ChangeItem", **ids, not_before=later, deadline_at=later, priority=80)).item
    assert (postponed.priority, postponed.ready_at.ToDatetime(tzinfo=UTC)) == (80, later)
    dropped = (await queues("ChangeItem", **ids, drop_deadline=True)).item
    assert (dropped.HasField("deadline_at"), dropped.priority) == (False, 80)
    await queues.let_time_pass("ready_at")
    taker = await queues.taker()
    taken = await taker.take(queue.id)
    assert taken is not None
    assert (await refused(queues("DeleteItem", **ids))).reason == "ITEM_IN_PROGRESS"
    assert (await refused(queues("ChangeItem", **ids, priority=1))).reason == "ITEM_NOT_WAITING"
    assert (await refused(queues("DeleteQueue", queue_id=queue.id))).reason == "QUEUE_IN_USE"
    assert await taker.settle(taken, "SYSTEM_FAILED", code="AWAY") == "FAILED"
    retried = (await queues("RetryItem", **ids)).item
    assert (status_name(retried.status), retried.failures, retried.attempt) == ("NEW", 0, 1)
    await queues("DeleteItem", **ids)
    assert (await refused(queues.get(item))).reason == "ITEM_NOT_FOUND"
    other = await queues.create("Other")
    foreign = await queues.add(other)
    assert (await refused(queues("GetItem", queue_id=queue.id, item_id=foreign.id))).reason == "ITEM_NOT_FOUND"
    done = ["item_changed", "item_changed", "item_retried", "item_deleted"]
    assert [name for name in await actions(queues) if "item_" in name] == [f"queue.{name}" for name in done]


async def test_statistics_tell_what_waits_and_how_handlings_ended(queues: Queues) -> None:
    queue = await queues.create(max_retries=0)
    for _ in range(4):
        await queues.add(queue)
    taker = await queues.taker()
    for outcome, code in (("SUCCESSFUL", ""), ("BUSINESS_FAILED", "NO_VAT"), ("SYSTEM_FAILED", "AWAY")):
        item = await taker.take(queue.id)
        assert item is not None
        await taker.settle(item, outcome, code=code)
    told = await queues("GetQueueStatistics", queue_id=queue.id)
    assert (told.ready, told.handled, told.hours) == (1, 2, 24)
    assert told.HasField("oldest_waiting_at")
    assert {(failure.code, failure.count) for failure in told.failures} == {("NO_VAT", 1), ("AWAY", 1)}
    counts = told.counts
    assert (counts.new, counts.successful, counts.failed, counts.business_failed) == (1, 1, 1, 1)
    assert (await refused(queues("GetQueueStatistics", queue_id=queue.id, hours=5_000))).fields[0].pointer == "/hours"


async def test_an_export_has_every_item_in_the_order_of_adding(queues: Queues) -> None:
    queue = await queues.create()
    new = [{"payload_json": json.dumps({"n": number}).encode(), "reference": f"R{number}"} for number in range(250)]
    await queues("AddItems", queue_id=queue.id, items=new)
    lines = await queues.export(queue.id)
    assert [line["payload"]["n"] for line in lines] == list(range(250))
    assert (lines[0]["reference"], lines[0]["status"], lines[0]["failure"]) == ("R0", "new", None)


async def test_old_items_are_forgotten_but_never_what_waits_or_is_lost(queues: Queues) -> None:
    queue = await queues.create(max_retries=0)
    for _ in range(2):
        await queues.add(queue)
    taker = await queues.taker()
    item = await taker.take(queue.id)
    assert item is not None
    await taker.settle(item)
    await queues.scheduler.tamper("UPDATE work_item SET settled_at = settled_at - interval '91 days'")
    await forget_items(queues.scheduler.core.pool, 90)
    counts = (await queues("GetQueue", queue_id=queue.id)).queue.counts
    assert (counts.new, counts.successful) == (1, 0)


async def test_whoever_wants_events_is_told_of_failed_items(queues: Queues) -> None:
    await queues.scheduler.tamper("INSERT INTO event_interest VALUES ('queue.%')")
    queue = await queues.create(max_retries=0)
    await queues.add(queue, reference="R1")
    taker = await queues.taker()
    item = await taker.take(queue.id)
    assert item is not None
    await taker.settle(item, "SYSTEM_FAILED", code="AWAY")
    [event] = await queues.scheduler.sql("SELECT type, subject_id, data FROM outgoing_event WHERE type LIKE 'queue.%'")
    data = json.loads(event["data"])
    assert (event["type"], event["subject_id"]) == ("queue.item_failed", item.id)
    assert (data["queue"], data["reference"], data["failure"]["code"]) == ("Invoices", "R1", "AWAY")

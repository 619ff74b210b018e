"""Global variables: kept, audited, and not taken from under a published workflow."""

import json
from typing import Any

import pytest

from exekra.audit.v1.audit_service_pb2 import AuditEvent
from exekra.scheduler.v1 import variable_service_pb2 as pb
from services.kit.errors import DomainError
from services.scheduler.workflows.publishing import find_problems
from tests.integration.scheduler.executions.conftest import Scheduler
from tests.integration.scheduler.variables.conftest import Variables


def reading(name: str) -> dict[str, Any]:
    """A part of a graph that reads a variable."""
    return {"output": {"rate": f"{{{{ globals.{name} }}}}"}}


async def refusal(work: Any) -> DomainError:
    with pytest.raises(DomainError) as refused:
        await work
    return refused.value


async def test_a_change_is_audited_with_the_value_before_and_after(scheduler: Scheduler, variables: Variables) -> None:
    made = await variables.make("rate", 1.17)
    changed = await variables.change(made, value_json=b"1.20", if_match=made.etag)
    assert (changed.value_json, changed.etag != made.etag) == (b"1.20", True)
    assert (await variables.change(changed, value_json=b"1.20")).etag == changed.etag
    await variables.delete(made)
    events = [
        AuditEvent.FromString(row["event"]) for row in await scheduler.sql("SELECT event FROM outbox ORDER BY id")
    ]
    told = [(event.action, json.loads(event.details_json)) for event in events]
    assert told == [
        ("variable.created", {"after": 1.17}),
        ("variable.changed", {"before": 1.17, "after": 1.2}),
        ("variable.deleted", {"before": 1.2, "force": False}),
    ]


async def test_somebody_elses_change_is_not_overwritten(variables: Variables) -> None:
    made = await variables.make("rate", 1)
    await variables.change(made, value_json=b"2")
    assert (await refusal(variables.change(made, value_json=b"3", if_match=made.etag))).reason == "VARIABLE_CHANGED"
    assert (await variables.get(made)).value_json == b"2"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("", 1, "NAME_INVALID"),
        ("1st", 1, "NAME_INVALID"),
        ("a.b", 1, "NAME_INVALID"),
        ("ä", 1, "NAME_INVALID"),
        ("a" * 65, 1, "NAME_INVALID"),
        ("RATE", 1, "NAME_TAKEN"),
        ("big", "x" * 65_536, "VALUE_TOO_LARGE"),
    ],
)
async def test_what_cannot_be_kept_is_refused(variables: Variables, name: str, value: Any, reason: str) -> None:
    await variables.make("rate", 1)
    assert (await refusal(variables.make(name, value))).reason == reason


async def test_a_repeated_creation_answers_the_first(variables: Variables) -> None:
    key = {"idempotency_key": "k", "body_sha256": "b"}
    assert await variables.make("rate", None, **key) == await variables.make("rate", None, **key)


async def test_a_variable_that_a_published_workflow_reads_stays_until_it_is_forced(
    scheduler: Scheduler, variables: Variables
) -> None:
    made = await variables.make("rate", 1)
    await variables.make("other", 1)
    workflow = await scheduler.workflow("Invoices", **reading("rate"))
    listed = await variables.servicer.ListVariables(pb.ListVariablesRequest(), None)
    assert [(item.name, [user.name for user in item.used_by]) for item in listed.items] == [
        ("other", []),
        ("rate", ["Invoices"]),
    ]
    assert [user.workflow_id for user in (await variables.get(made)).used_by] == [workflow]
    refused = await refusal(variables.delete(made))
    assert (refused.reason, refused.facts) == ("VARIABLE_IN_USE", {"workflows": ["Invoices"]})
    assert (await refusal(variables.change(made, name="pace"))).reason == "VARIABLE_IN_USE"
    await variables.delete(made, force=True)
    assert (await refusal(variables.get(made))).reason == "VARIABLE_NOT_FOUND"


async def test_validation_warns_of_a_variable_there_is_not(scheduler: Scheduler, variables: Variables) -> None:
    await variables.make("rate", 1)
    graph = {
        "schemaVersion": 1,
        "nodes": [{"id": "s", "type": "control.start", "config": {}}],
        "edges": [],
        "output": {"a": "{{ globals.rate }}", "b": "{{ globals.rat }}"},
    }
    async with scheduler.core.pool.acquire() as connection:
        problems = await find_problems(connection, json.dumps(graph).encode())
    assert [(problem.pointer, problem.severity) for problem in problems] == [("/output/b", "warning")]
    assert problems[0].message.endswith("there are: rate.")


async def test_pages_follow_each_other_by_name(variables: Variables) -> None:
    for name in ("b", "C", "a"):
        await variables.make(name, name)
    seen, cursor = [], ""
    while True:
        page = await variables.servicer.ListVariables(pb.ListVariablesRequest(limit=2, cursor=cursor), None)
        seen += [item.name for item in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == ["a", "b", "C"]

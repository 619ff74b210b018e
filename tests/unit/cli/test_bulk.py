"""Many executions from the command line."""

from tests.unit.cli.answers import Exekra
from tests.unit.cli.conftest import ScriptedHub

FIRST, SECOND = "019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002"
BULK = "POST /api/executions/bulk"


def answer(*items: dict[str, object], **more: object) -> dict[str, object]:
    refused = sum(item["outcome"] == "refused" for item in items)
    counts = {"matched": len(items), "isWhole": True, "done": len(items) - refused, "refused": refused}
    return {"items": list(items), **counts, "nextCursor": None, **more}


def item(execution_id: str, outcome: str = "done", **more: object) -> dict[str, object]:
    return {"executionId": execution_id, "outcome": outcome, "status": "STOPPED", **more}


def test_several_ids_are_one_request_and_a_refusal_ends_with_4(hub: ScriptedHub, exekra: Exekra) -> None:
    refused = item(SECOND, "refused", reason="ALREADY_ENDED", detail="The execution has ended already.")
    hub.answer(BULK, answer(item(FIRST), refused))
    ran = exekra("execution", "stop", FIRST, SECOND, "--reason", "wrong file")
    assert ran.status == 4
    assert f"{SECOND}  refused: The execution has ended already." in ran.out
    assert "1 asked to stop, 1 refused" in ran.out
    body = hub.sent(BULK).body
    assert (body["action"], body["ids"], body["reason"]) == ("stop", [FIRST, SECOND], "wrong file")


def test_a_filter_is_not_acted_on_without_yes_where_nobody_can_be_asked(hub: ScriptedHub, exekra: Exekra) -> None:
    hub.answer(BULK, answer(item(FIRST, "possible"), matched=12))
    ran = exekra("execution", "retry", "--status", "failed")
    assert ran.status == 2
    assert "would retry 12 executions" in ran.err
    assert [received.body["dryRun"] for received in hub.received] == [True]


def test_a_filter_is_worked_off_until_the_last_part(hub: ScriptedHub, exekra: Exekra) -> None:
    look = answer(item(FIRST, "possible"), matched=2)
    parts = answer(item(FIRST, retriedAs=SECOND), nextCursor="c"), answer(item(SECOND, retriedAs=FIRST))
    hub.answer(BULK, look, *parts)
    ran = exekra("execution", "retry", "--status", "failed", "--yes", "--json")
    assert (ran.status, ran.document["done"], len(ran.document["items"])) == (0, 2, 2)
    assert [received.body.get("cursor") for received in hub.received] == [None, None, "c"]
    assert hub.received[1].body["filter"] == {"status": ["FAILED"]}


def test_ids_and_a_filter_together_or_neither_are_refused(exekra: Exekra) -> None:
    assert exekra("execution", "stop").status == 2
    assert exekra("execution", "stop", FIRST, "--status", "queued").status == 2
    assert exekra("execution", "retry", FIRST, SECOND, "--from", "n1").status == 2

"""The door for webhooks: what reaches the scheduler, what the sender is answered, and what nobody finds in a log."""

import asyncio
import io
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from exekra.scheduler.v1 import changes_service_pb2 as changes_pb
from exekra.scheduler.v1 import execution_pb2, execution_service_pb2, webhook_pb2
from exekra.scheduler.v1 import webhook_service_pb2 as pb
from services.gateway.hooks.receiving import BODY_BYTES
from services.kit.errors import DomainError, Kind, unavailable
from services.kit.ids import new_id
from services.kit.translation import to_detail
from tests.integration.gateway.served import Answer, Script, Served, eventually, serving

HOOK = "/hooks/a-token"
DELIVERY, EXECUTION = new_id(), new_id()
ACCEPTED = webhook_pb2.DELIVERY_OUTCOME_ACCEPTED


def accepted(_: Any = None, **more: Any) -> pb.AcceptedDelivery:
    return pb.AcceptedDelivery(
        **{
            "delivery_id": DELIVERY,
            "execution_id": EXECUTION,
            "outcome": ACCEPTED,
            "rate_limit": 60,
            "rate_remaining": 59,
            "rate_reset_seconds": 1,
            **more,
        }
    )


def calls(script: Script) -> list[str]:
    """What the gateway asked, less its own audit rows."""
    return [name for name, _ in script.requests if name != "Append"]


def deliveries(script: Script) -> int:
    """How many the scheduler was given."""
    return sum(len(request.deliveries) for name, request in script.requests if name == "AcceptDeliveries")


def each(answer: Callable[[pb.IncomingDelivery], pb.AcceptedDelivery]) -> Answer:
    """Every delivery of a call is answered like this; what it raises is that delivery's error."""

    def result(delivery: pb.IncomingDelivery) -> pb.AcceptResult:
        try:
            return pb.AcceptResult(accepted=answer(delivery))
        except DomainError as error:
            return pb.AcceptResult(error=to_detail(error))

    return lambda request: pb.AcceptDeliveriesResponse(results=[result(each) for each in request.deliveries])


def refusing(kind: Kind, reason: str, **facts: Any) -> Any:
    def refuse(_: Any) -> Any:
        raise DomainError(kind, reason, "No.", facts=facts)

    return refuse


async def test_a_delivery_reaches_the_scheduler_as_it_came_and_is_answered_202(served: Served, script: Script) -> None:
    script.answers["AcceptDeliveries"] = each(accepted)
    browser = await served.browser()
    headers = {"Content-Type": "text/plain", "X-Odd": "caf\u00e9", "Authorization": "Bearer abc"}
    reply = await browser.call("POST", f"{HOOK}?a=1&a=%C3%A9", headers=headers, data=b"\x00\xffraw")
    assert reply.status == 202
    assert reply.body == {"deliveryId": DELIVERY, "executionId": EXECUTION, "outcome": "accepted", "duplicate": False}
    assert reply.headers["RateLimit"] == '"hook";r=59;t=1'
    (sent,) = script.last("AcceptDeliveries").deliveries
    assert (sent.token, sent.query, sent.body, sent.method) == ("a-token", "a=1&a=%C3%A9", b"\x00\xffraw", "POST")
    assert (sent.ip, sent.url) == ("127.0.0.1", f"{served.url}{HOOK}?a=1&a=%C3%A9")
    values = {header.name: header.value for header in sent.headers}
    assert (values["x-odd"], values["authorization"]) == ("caf\u00e9".encode(), b"Bearer abc")


async def test_a_repeat_is_answered_200_with_the_same_ids(served: Served, script: Script) -> None:
    script.answers["AcceptDeliveries"] = each(lambda _: accepted(duplicate=True))
    reply = await (await served.browser()).call("POST", HOOK, {})
    assert (reply.status, reply.body["deliveryId"], reply.body["duplicate"]) == (200, DELIVERY, True)


async def test_what_starts_nothing_has_no_execution(served: Served, script: Script) -> None:
    outcome = webhook_pb2.DELIVERY_OUTCOME_HELD
    script.answers["AcceptDeliveries"] = each(lambda _: accepted(execution_id="", outcome=outcome))
    reply = await (await served.browser()).call("POST", f"{HOOK}?wait=5", {})
    assert (reply.status, reply.body["executionId"], reply.body["outcome"]) == (202, None, "held")


async def test_a_sender_that_checks_the_address_reads_back_what_it_asked(served: Served, script: Script) -> None:
    script.answers["AcceptDeliveries"] = each(lambda _: accepted(answer_json=b'{"challenge":"x"}'))
    reply = await (await served.browser()).call("POST", HOOK, {})
    assert (reply.status, reply.body) == (200, {"challenge": "x"})


@pytest.mark.parametrize(
    ("kind", "reason", "status"),
    [
        (Kind.NOT_FOUND, "HOOK_NOT_FOUND", 404),
        (Kind.UNAUTHENTICATED, "SIGNATURE_INVALID", 401),
        (Kind.FORBIDDEN, "IP_NOT_ALLOWED", 403),
        (Kind.WRONG_STATE, "TRIGGER_DISABLED", 409),
        (Kind.WRONG_STATE, "NOT_PUBLISHED", 409),
        (Kind.INVALID, "INPUTS_INVALID", 422),
        (Kind.UNAVAILABLE, "UNAVAILABLE", 503),
        (Kind.DEADLINE, "UNAVAILABLE", 503),
    ],
)
async def test_a_refusal_is_a_problem_that_names_no_token(
    kind: Kind, reason: str, status: int, served: Served, script: Script
) -> None:
    script.answers["AcceptDeliveries"] = each(refusing(kind, reason, deliveryId=DELIVERY))
    reply = await (await served.browser()).call("POST", HOOK, {})
    assert (reply.status, reply.body["reason"]) == (status, reason)
    assert "a-token" not in reply.content.decode()
    assert ("Retry-After" in reply.headers) is (status == 503)


async def test_a_trigger_called_too_often_says_when_to_come_back(served: Served, script: Script) -> None:
    script.answers["AcceptDeliveries"] = each(
        refusing(Kind.EXHAUSTED, "RATE_LIMITED", retryAfterSeconds=7, rateLimit=60)
    )
    reply = await (await served.browser()).call("POST", HOOK, {})
    assert (reply.status, reply.headers["Retry-After"]) == (429, "7")
    assert reply.headers["RateLimit"] == '"hook";r=0;t=7'


async def test_a_body_beyond_the_limit_is_413_and_reaches_nobody(served: Served, script: Script) -> None:
    reply = await (await served.browser()).call("POST", HOOK, data=io.BytesIO(b"x" * (BODY_BYTES + 1)))
    assert reply.status == 413
    assert calls(script) == []
    script.answers["AcceptDeliveries"] = each(accepted)
    assert (await (await served.browser()).call("POST", HOOK, data=io.BytesIO(b"x" * BODY_BYTES))).status == 202


@pytest.mark.parametrize("wait", ["31", "-1", "nan", "soon", "1&wait=2"])
async def test_a_wait_that_cannot_be_is_422(wait: str, served: Served, script: Script) -> None:
    reply = await (await served.browser()).call("POST", f"{HOOK}?wait={wait}", {})
    assert (reply.status, reply.body["errors"][0]["pointer"]) == (422, "/wait")
    assert calls(script) == []


async def test_only_post_is_known(served: Served) -> None:
    reply = await (await served.browser()).call("GET", HOOK)
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")


async def test_an_error_of_our_own_leaves_no_token_in_the_log(served: Served, script: Script) -> None:
    def break_(_: Any) -> Any:
        raise RuntimeError("oh")

    script.answers["AcceptDeliveries"] = break_
    with capture_logs() as logs:
        reply = await (await served.browser()).call("POST", "/hooks/very-secret-token", {})
    assert reply.status == 500
    assert logs
    assert "very-secret-token" not in str(logs)


async def test_who_guesses_addresses_is_slowed_down(database: Any, folder: Any) -> None:
    script = Script({"AcceptDeliveries": each(refusing(Kind.NOT_FOUND, "HOOK_NOT_FOUND"))})
    async with serving(database.dsns["gateway"], folder, script, rate_anonymous=2) as served:
        browser = await served.browser()
        statuses = [(await browser.call("POST", f"/hooks/{number}", {})).status for number in range(3)]
        assert statuses == [404, 404, 429]
        script.answers["AcceptDeliveries"] = each(accepted)
        assert (await browser.call("POST", HOOK, {})).status == 202


async def test_what_comes_together_is_taken_together_and_answered_apart(served: Served, script: Script) -> None:
    def answer(delivery: pb.IncomingDelivery) -> pb.AcceptedDelivery:
        if delivery.body == b"7":
            raise DomainError(Kind.INVALID, "INPUTS_INVALID", "No.")
        return accepted(delivery_id=delivery.body.decode())

    script.answers["AcceptDeliveries"] = each(answer)
    browser = await served.browser()
    replies = await asyncio.gather(*(browser.call("POST", HOOK, data=str(n).encode()) for n in range(40)))
    assert [reply.status for reply in replies] == [422 if n == 7 else 202 for n in range(40)]
    assert [reply.body.get("deliveryId") for reply in replies if reply.status == 202] == [
        str(n) for n in range(40) if n != 7
    ]
    assert calls(script).count("AcceptDeliveries") < 40


async def test_what_a_filter_judges_is_sent_again_alone(served: Served, script: Script) -> None:
    def answer(request: pb.AcceptDeliveriesRequest) -> pb.AcceptDeliveriesResponse:
        is_alone = len(request.deliveries) == 1
        one = pb.AcceptResult(accepted=accepted()) if is_alone else pb.AcceptResult(alone=True)
        return pb.AcceptDeliveriesResponse(results=[one for _ in request.deliveries])

    script.answers["AcceptDeliveries"] = answer
    browser = await served.browser()
    replies = await asyncio.gather(*(browser.call("POST", HOOK, {}) for _ in range(10)))
    assert {reply.status for reply in replies} == {202}


class Ends:
    """A scripted scheduler whose executions end when the test says so."""

    def __init__(self, script: Script) -> None:
        self.queue: asyncio.Queue[changes_pb.WatchChangesResponse | None] = asyncio.Queue()
        self.status = execution_pb2.EXECUTION_STATUS_QUEUED
        script.answers |= {"AcceptDeliveries": each(accepted), "WatchChanges": self.watch, "GetExecution": self.get}

    async def watch(self, _: Any) -> AsyncIterator[Any]:
        yield changes_pb.WatchChangesResponse(cursor="1")
        while (change := await self.queue.get()) is not None:
            yield change

    def get(self, _: Any) -> execution_service_pb2.GetExecutionResponse:
        execution = execution_pb2.Execution(id=EXECUTION, status=self.status, output_json=b'{"n": 14}')
        return execution_service_pb2.GetExecutionResponse(execution=execution)

    def end(self) -> None:
        self.status = execution_pb2.EXECUTION_STATUS_COMPLETED
        payload = json.dumps({"executionId": EXECUTION, "status": "COMPLETED"}).encode()
        change = changes_pb.WatchChangesResponse(topic="executions", kind="execution.changed", payload_json=payload)
        self.queue.put_nowait(change)


@pytest.fixture
def ends(script: Script) -> Iterator[Ends]:
    ends = Ends(script)
    yield ends
    ends.queue.put_nowait(None)


async def test_a_sender_may_wait_for_the_output(served: Served, script: Script, ends: Ends) -> None:
    waiting = asyncio.create_task((await served.browser()).call("POST", f"{HOOK}?wait=20", {}))
    await eventually(lambda: "AcceptDeliveries" in calls(script))
    assert calls(script) == ["WatchChanges", "AcceptDeliveries"]
    ends.end()
    reply = await waiting
    assert (reply.status, reply.body["status"], reply.body["output"]) == (200, "COMPLETED", {"n": 14})
    assert (reply.body["deliveryId"], reply.body["executionId"]) == (DELIVERY, EXECUTION)
    assert calls(script).count("GetExecution") == 1


async def test_an_end_before_the_answer_of_the_scheduler_is_not_missed(
    served: Served, script: Script, ends: Ends
) -> None:
    def accept(_: Any) -> Any:
        ends.end()
        return accepted()

    script.answers["AcceptDeliveries"] = each(accept)
    reply = await (await served.browser()).call("POST", f"{HOOK}?wait=20", {})
    assert (reply.status, reply.body["output"]) == (200, {"n": 14})


async def test_a_wait_in_vain_is_answered_202_with_the_ids(served: Served, script: Script, ends: Ends) -> None:
    reply = await (await served.browser()).call("POST", f"{HOOK}?wait=0.2", {})
    assert (reply.status, reply.body["executionId"]) == (202, EXECUTION)
    assert "output" not in reply.body


async def test_many_who_wait_share_one_watch(served: Served, script: Script, ends: Ends) -> None:
    browser = await served.browser()
    waiting = [asyncio.create_task(browser.call("POST", f"{HOOK}?wait=20", {})) for _ in range(20)]
    await eventually(lambda: deliveries(script) == 20)
    ends.end()
    assert {reply.status for reply in await asyncio.gather(*waiting)} == {200}
    assert calls(script).count("WatchChanges") == 1


async def test_a_repeat_that_waits_is_told_of_an_end_long_ago(served: Served, script: Script, ends: Ends) -> None:
    script.answers["AcceptDeliveries"] = each(lambda _: accepted(duplicate=True))
    ends.status = execution_pb2.EXECUTION_STATUS_COMPLETED
    reply = await (await served.browser()).call("POST", f"{HOOK}?wait=20", {})
    assert (reply.status, reply.body["output"]) == (200, {"n": 14})


async def test_without_a_live_watch_the_last_look_still_finds_the_end(
    served: Served, script: Script, ends: Ends
) -> None:
    def refuse(_: Any) -> Any:
        raise unavailable("The scheduler")

    script.answers["WatchChanges"] = refuse
    ends.status = execution_pb2.EXECUTION_STATUS_COMPLETED
    reply = await (await served.browser()).call("POST", f"{HOOK}?wait=0.2", {})
    assert (reply.status, reply.body["output"]) == (200, {"n": 14})


async def test_who_waits_is_answered_when_the_gateway_drains(served: Served, script: Script, ends: Ends) -> None:
    waiting = asyncio.create_task((await served.browser()).call("POST", f"{HOOK}?wait=30", {}))
    await eventually(lambda: deliveries(script) == 1)
    served.stop.set()
    async with asyncio.timeout(30):
        reply = await waiting
    assert (reply.status, reply.body["executionId"]) == (202, EXECUTION)


@pytest.mark.parametrize(
    "target",
    [
        b"/hooks/t\xff?a=\xfe",
        b"/hooks/%FF%00?a=%FF&%00",
        b"/hooks/t?\xf0\x9f\x98\x80=%ZZ",
        b"/hooks/..%2f..%2fapi",
        b"/hooks/t?a=\xed\xa0\x80",
    ],
)
async def test_a_hostile_address_is_an_answer_and_no_error_of_ours(
    target: bytes, served: Served, script: Script
) -> None:
    script.answers["AcceptDeliveries"] = each(accepted)
    parts = urlsplit(served.url)
    context = ssl.create_default_context(cafile=str(served.authority))
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=context)
    writer.write(b"POST " + target + b" HTTP/1.1\r\nHost: h\xff\r\nX-Odd: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}")
    status = (await reader.readline()).split()[1]
    writer.close()
    assert status in (b"202", b"400", b"404", b"422")

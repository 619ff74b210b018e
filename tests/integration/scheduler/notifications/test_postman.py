"""Mails against a real mail server: one for each event, digests, refusals, outages."""

import json
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from email.headerregistry import Address
from pathlib import Path
from typing import Any

import pytest

from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.launcher.authority import ensure_tls
from services.scheduler.delivery.verdicts import Backoff
from services.scheduler.evidence.model import NodeEvent, NodeRunStatus
from services.scheduler.evidence.notices import notices_in, tell_notices
from services.scheduler.notifications.mailer import MailServer
from services.scheduler.notifications.model import Rule, RuleDraft
from services.scheduler.notifications.postman import Postman
from services.scheduler.notifications.use_cases import Rules
from tests.eventually import eventually
from tests.integration.scheduler.delivery.conftest import World
from tests.mailbox import Mailbox, mail_server

HUB = "https://hub.example.com"
FAILURE = {"code": "BOOM", "message": "no <b>bread</b>", "nodeId": "n1", "retryable": False, "details": {}}
FAST = Backoff(first=0.05, longest=0.1)


def server_at(port: int, **more: Any) -> MailServer:
    given = {"security": "none", "user": "", "password": "", "seconds": 5.0, **more}
    return MailServer(host="127.0.0.1", port=port, sender=Address("Hub", addr_spec="hub@example.com"), **given)


async def add_rule(world: World, *types: str, **more: Any) -> Rule:
    recipients = more.pop("recipients", ("ada@example.com", "bob@example.com"))
    draft = RuleDraft(name=more.pop("name", new_id()), recipients=recipients, event_types=types, **more)
    async with world.pool.acquire() as connection, connection.transaction():
        return await Rules(world.endpoints.outbox).create(connection, draft)


async def fail(world: World, **more: Any) -> str:
    execution_id = await world.submit(**more)
    for event, status in (("CLAIM", "ASSIGNED"), ("ACKNOWLEDGE", "RUNNING")):
        await world.step(execution_id, event, status)
    await world.step(execution_id, "FINISH_FAILED", "FAILED", failure=FAILURE)
    return execution_id


async def mails_are(world: World, postman: Postman, **counts: int) -> None:
    async def reached() -> bool:
        await world.turn()
        await postman.run_once()
        async with world.pool.acquire() as connection:
            rows = await connection.fetch("SELECT status, count(*) FROM mail GROUP BY status")
        return {row["status"].lower(): row["count"] for row in rows} == counts

    await eventually(reached)


async def test_each_failure_is_a_mail_with_text_and_html(world: World) -> None:
    async with mail_server() as mailbox:
        await add_rule(world, "execution.*", failures_only=True, name="Nights")
        execution_id = await fail(world)
        await world.run()
        await mails_are(world, Postman(world.pool, server_at(mailbox.port), HUB, FAST), sent=1)
    (mail,) = mailbox.received
    assert mail.recipients == ["ada@example.com", "bob@example.com"]
    assert mail.message["Subject"] == "[Exekra] Rates: execution.failed"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    for part in (mail.text, mail.html):
        assert "BOOM" in part
        assert "Nights" in part
        assert f"{HUB}/executions/{execution_id}" in part
    assert "no <b>bread</b>" in mail.text
    assert "no &lt;b&gt;bread&lt;/b&gt;" in mail.html


async def test_what_a_workflow_tells_is_a_mail_told_once(world: World) -> None:
    said = {"title": "Orders wait", "message": "17 of <them>", "level": "warning"}
    async with mail_server() as mailbox:
        await add_rule(world, "execution.notice")
        execution_id = await world.submit()
        async with world.pool.acquire() as connection:
            event = NodeEvent(
                1,
                1,
                "n1",
                "log.notify",
                b"[]",
                1,
                NodeRunStatus.COMPLETED,
                datetime.now(UTC),
                output=json.dumps(said).encode(),
            )
            await tell_notices(connection, notices_in(execution_id, [event]))
        await mails_are(world, Postman(world.pool, server_at(mailbox.port), HUB, FAST), sent=1)
    (mail,) = mailbox.received
    assert mail.message["Subject"] == "[Exekra] Rates: execution.notice"
    assert "Says     Orders wait: 17 of <them>" in mail.text
    assert "17 of &lt;them&gt;" in mail.html
    assert f"{HUB}/executions/{execution_id}" in mail.text


async def test_a_digest_is_one_mail_in_which_like_failures_are_one_line(world: World) -> None:
    async with mail_server() as mailbox:
        rule = await add_rule(world, "execution.failed", "execution.completed", digest_seconds=3_600)
        for _ in range(5):
            await fail(world)
        await world.run()
        postman = Postman(world.pool, server_at(mailbox.port), HUB, FAST)
        await mails_are(world, postman, pending=1)
        assert not mailbox.received
        async with world.pool.acquire() as connection:
            await connection.execute("UPDATE mail SET next_at = now()")
        await mails_are(world, postman, sent=1)
        await fail(world)
        await mails_are(world, postman, sent=1, pending=1)
    (mail,) = mailbox.received
    assert mail.message["Subject"] == "[Exekra] 6 events: 5 x execution.failed, 1 x execution.completed"
    assert "5 x execution.failed: Rates" in mail.text
    assert mail.text.count("BOOM") == 1
    async with world.pool.acquire() as connection, connection.transaction():
        await Rules(world.endpoints.outbox).delete(connection, rule.id)
    assert await world.value("SELECT count(*) FROM mail WHERE status = 'PENDING'") == 0


async def test_own_templates_are_filled_and_not_evaluated(world: World) -> None:
    async with mail_server() as mailbox:
        await add_rule(
            world, "execution.failed", subject_template="$title broke: $reason", text_template="See $link ($$5)"
        )
        execution_id = await fail(world)
        await mails_are(world, Postman(world.pool, server_at(mailbox.port), HUB, FAST), sent=1)
    (mail,) = mailbox.received
    assert mail.message["Subject"] == "Rates broke: BOOM: no <b>bread</b>"
    assert f"See {HUB}/executions/{execution_id} ($5)" in mail.text


async def test_a_server_that_is_away_loses_nothing(world: World) -> None:
    async with mail_server() as mailbox:
        pass
    await add_rule(world, "execution.failed")
    postman = Postman(world.pool, server_at(mailbox.port), HUB, FAST)
    await fail(world)
    await mails_are(world, postman, pending=1)
    assert "cannot be used" in await world.value("SELECT last_error FROM mail")
    async with mail_server(mailbox, mailbox.port):
        await mails_are(world, postman, sent=1)
    assert len(mailbox.received) == 1


async def test_a_recipient_that_is_refused_for_now_gets_it_alone_later(world: World) -> None:
    async with mail_server(
        Mailbox(refuse={"bob@example.com": "451 Later", "eve@example.com": "550 Nobody"})
    ) as mailbox:
        everybody = ("ada@example.com", "bob@example.com", "eve@example.com")
        rule = await add_rule(world, "execution.failed", recipients=everybody)
        await fail(world)
        postman = Postman(world.pool, server_at(mailbox.port), HUB, FAST)
        await mails_are(world, postman, pending=1)
        del mailbox.refuse["bob@example.com"]
        await mails_are(world, postman, sent=1)
    assert [mail.recipients for mail in mailbox.received] == [["ada@example.com"], ["bob@example.com"]]
    first, second = (mail.message["Message-ID"] for mail in mailbox.received)
    assert first == second
    assert rule.draft.recipients == everybody


async def test_a_mail_that_nobody_may_get_is_parked_with_the_reason(world: World) -> None:
    async with mail_server(Mailbox(refuse={"ada@example.com": "550 Nobody of this name"})) as mailbox:
        rule = await add_rule(world, "execution.failed", recipients=("ada@example.com",))
        await fail(world)
        await mails_are(world, Postman(world.pool, server_at(mailbox.port), HUB, FAST), parked=1)
        async with world.pool.acquire() as connection:
            found = await Rules(world.endpoints.outbox).get(connection, rule.id)
    assert "refused every recipient" in found.last_error


async def test_a_mail_the_server_will_not_have_is_parked(world: World) -> None:
    async with mail_server(Mailbox(data_answer="554 Spam")) as mailbox:
        await add_rule(world, "execution.failed")
        await fail(world)
        await mails_are(world, Postman(world.pool, server_at(mailbox.port), HUB, FAST), parked=1)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_wrong_password_is_waited_out(world: World) -> None:
    async with mail_server(auth_require_tls=False, auth_required=True) as mailbox:
        await add_rule(world, "execution.failed")
        await fail(world)
        wrong = Postman(world.pool, server_at(mailbox.port, user="hub", password="nonsense"), HUB, FAST)
        await mails_are(world, wrong, pending=1)
        right = Postman(world.pool, server_at(mailbox.port, user="hub", password="secret"), HUB, FAST)
        await mails_are(world, right, sent=1)
    assert mailbox.signed_in == ["hub"]


async def test_without_a_mail_server_mails_wait_their_time_and_are_parked(world: World) -> None:
    await add_rule(world, "execution.failed")
    await fail(world)
    postman = Postman(world.pool, None, HUB)
    await mails_are(world, postman, pending=1)
    async with world.pool.acquire() as connection:
        await connection.execute("UPDATE mail SET give_up_at = now()")
    await mails_are(world, postman, parked=1)


async def test_a_test_mail_says_what_the_server_said(world: World) -> None:
    rule = await add_rule(world, "execution.failed", recipients=("ada@example.com", "eve@example.com"))
    async with mail_server(Mailbox(refuse={"eve@example.com": "550 Nobody"})) as mailbox:
        answer = await Postman(world.pool, server_at(mailbox.port), HUB).test(rule)
    assert (answer.error, [refusal.recipient for refusal in answer.refusals]) == ("", ["eve@example.com"])
    assert "This is a test" in mailbox.received[0].text
    assert "cannot be used" in (await Postman(world.pool, server_at(mailbox.port), HUB).test(rule)).error


@pytest.mark.parametrize(
    ("changes", "reason", "pointer"),
    [
        ({"recipients": ()}, "INVALID", "/recipients"),
        ({"recipients": ("ada@example.com\r\nBcc: eve@example.com",)}, "INVALID", "/recipients/0"),
        ({"recipients": ("ada@example.com, eve@example.com",)}, "INVALID", "/recipients/0"),
        ({"recipients": ("Ada <ada@example.com>",)}, "INVALID", "/recipients/0"),
        ({"subject_template": "$nonsense"}, "TEMPLATE_BROKEN", "/subjectTemplate"),
        ({"text_template": "costs $ 5"}, "TEMPLATE_BROKEN", "/textTemplate"),
        ({"digest_seconds": -1}, "INVALID", "/digestSeconds"),
    ],
)
async def test_a_rule_that_cannot_work_is_refused(
    world: World, changes: dict[str, Any], reason: str, pointer: str
) -> None:
    with pytest.raises(DomainError) as refused:
        await add_rule(world, "execution.failed", **changes)
    assert (refused.value.reason, refused.value.fields[0].pointer) == (reason, pointer)


async def test_nothing_from_outside_makes_a_header(world: World) -> None:
    async with mail_server() as mailbox:
        await add_rule(world, "execution.failed", subject_template="$title $reason")
        execution_id = await world.submit()
        evil = {**FAILURE, "message": "x\r\nBcc: eve@example.com\r\n\r\nboo"}
        for event, status in (("CLAIM", "ASSIGNED"), ("ACKNOWLEDGE", "RUNNING")):
            await world.step(execution_id, event, status)
        await world.step(execution_id, "FINISH_FAILED", "FAILED", failure=evil)
        await mails_are(world, Postman(world.pool, server_at(mailbox.port), HUB, FAST), sent=1)
    (mail,) = mailbox.received
    assert mail.message["Bcc"] is None
    assert mail.recipients == ["ada@example.com", "bob@example.com"]
    assert "Bcc: eve@example.com" in mail.message["Subject"]


async def test_starttls_trusts_the_named_authority_alone(world: World, tmp_path: Path) -> None:
    made = ensure_tls(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate, made.key)
    async with mail_server(tls_context=context, require_starttls=True) as mailbox:
        await add_rule(world, "execution.failed")
        await fail(world)
        strict = server_at(mailbox.port, security="starttls")
        await mails_are(world, Postman(world.pool, strict, HUB, FAST), pending=1)
        assert "certificate" in (await world.value("SELECT last_error FROM mail")).lower()
        trusting = replace(strict, authority=made.authority.read_text())
        await mails_are(world, Postman(world.pool, trusting, HUB, FAST), sent=1)
    assert len(mailbox.received) == 1

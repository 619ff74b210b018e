"""The loop of e-mail: sends the mails whose time has come. Any number of processes may run it.

At least once: a mail that was handed over while its row could not be written goes again, with the same Message-ID.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import aiosmtplib
import structlog

from services.kit.ids import new_id
from services.scheduler.delivery.verdicts import Backoff
from services.scheduler.notifications import repository
from services.scheduler.notifications.composing import compose
from services.scheduler.notifications.mailer import MailServer, MailServerAway, connected, hand_over
from services.scheduler.notifications.model import Handover, Item, Mail, Refusal, Rule

if TYPE_CHECKING:
    from services.kit.postgres import Pool

log = structlog.get_logger()

BATCH: Final = 20
BACKOFF: Final = Backoff(first=30.0, longest=3_600.0)


@dataclass(frozen=True, slots=True)
class Postman:
    """`server` is None while no mail server is set: mails wait, and are parked after their time."""

    pool: "Pool"
    server: MailServer | None
    hub: str
    """The Hub's address, for links; empty when it is not known."""
    backoff: Backoff = BACKOFF
    jitter: random.Random = field(default_factory=random.Random)

    async def run_once(self) -> None:
        """Sends what is due. A server that is away ends the turn; what was taken waits."""
        if self.server is None:
            async with self.pool.acquire() as connection:
                await connection.execute(repository.PARK_OVERDUE)
            return
        while True:
            async with self.pool.acquire() as connection:
                mails = await repository.claim(connection, BATCH, BATCH * self.server.seconds)
            if not mails or not await self._send_all(self.server, mails):
                return

    async def test(self, rule: Rule) -> Handover:
        """Sends a sample to the recipients of a rule now."""
        if self.server is None:
            return Handover("There is no mail server.")
        sample = Item("notification.test", datetime.now(UTC), "test", "", "This is a test", "Nothing happened.")
        mail = Mail(new_id(), "", rule.draft, rule.draft.recipients, 1, False, False, (sample,), 1)
        message = compose(mail, self.server.sender, self.hub, datetime.now(UTC))
        try:
            async with connected(self.server) as client:
                return await hand_over(client, message, mail.recipients, self.server.seconds)
        except MailServerAway as away:
            return Handover(str(away))

    async def _send_all(self, server: MailServer, mails: list[Mail]) -> bool:
        left = list(mails)
        try:
            async with connected(server) as client:
                while left:
                    await self._send(server, client, left[0])
                    left.pop(0)
        except MailServerAway as away:
            log.warning("mail server away", error=str(away), waiting=len(left))
            for mail in left:
                await self._settle(mail, Handover(str(away)))
            return False
        return True

    async def _send(self, server: MailServer, client: aiosmtplib.SMTP, mail: Mail) -> None:
        message = compose(mail, server.sender, self.hub, datetime.now(UTC))
        await self._settle(mail, await hand_over(client, message, mail.recipients, server.seconds))

    async def _settle(self, mail: Mail, handover: Handover) -> None:
        """Sent, given up, or to be tried again for those who have not got it."""
        again = tuple(refusal.recipient for refusal in handover.refusals if not refusal.is_final)
        if handover.error and not handover.refusals:
            again = () if handover.is_final else mail.recipients
        error = handover.error or "; ".join(map(_told, handover.refusals))
        async with self.pool.acquire() as connection:
            if again and not mail.is_over:
                seconds = self.backoff.delay(mail.tries, None, self.jitter)
                await repository.wait(connection, mail, seconds, again, error)
            else:
                reached = not handover.error or len(mail.recipients) < len(mail.draft.recipients)
                await repository.end(connection, mail, sent=reached and not again, error=error)


def _told(refusal: Refusal) -> str:
    return f"{refusal.recipient}: {refusal.error}"

"""Hands mails to the mail server of the settings. Owns no queue and no retries."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final, Literal

import aiosmtplib

from services.kit.outbound import tls_context
from services.scheduler.notifications.model import Handover, Refusal

Security = Literal["starttls", "tls", "none"]
_PERMANENT: Final = range(500, 600)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails go. It is the installation's own choice, so a private address is fine."""

    host: str
    port: int
    security: Security
    user: str
    password: str
    sender: Address
    verify_tls: bool = True
    authority: str = ""
    """PEM of the server's certificate authority; the system's ones when empty."""
    seconds: float = 30.0


class MailServerAway(Exception):
    """It cannot be reached, or refuses the Hub: what waits for it goes on waiting. The message says why."""


@asynccontextmanager
async def connected(server: MailServer) -> AsyncIterator[aiosmtplib.SMTP]:
    """A session, signed in. Raises MailServerAway."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user or None,
        password=server.password or None,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        tls_context=tls_context(verify=server.verify_tls, authority=server.authority)
        if server.security != "none"
        else None,
        timeout=server.seconds,
        local_hostname=server.sender.domain,
    )
    try:
        await client.connect()
    except (aiosmtplib.SMTPException, ssl.SSLError, OSError, ValueError) as error:
        client.close()
        raise MailServerAway(f"The mail server cannot be used: {error}") from None
    try:
        yield client
    finally:
        try:
            await client.quit()
        except (aiosmtplib.SMTPException, OSError):
            client.close()  # it hung up first; what it took, it took


async def hand_over(
    client: aiosmtplib.SMTP, message: EmailMessage, recipients: Sequence[str], seconds: float
) -> Handover:
    """One mail to these recipients. Raises MailServerAway when the session is of no more use."""
    sender = message["From"].addresses[0].addr_spec
    try:
        async with asyncio.timeout(seconds):
            refused, _ = await client.send_message(message, sender=sender, recipients=list(recipients))
    except aiosmtplib.SMTPRecipientsRefused as error:
        refusals = tuple(
            Refusal(one.recipient, f"{one.code} {one.message}", one.code in _PERMANENT) for one in error.recipients
        )
        is_final = all(refusal.is_final for refusal in refusals)
        return Handover("The mail server refused every recipient.", is_final, refusals)
    except aiosmtplib.SMTPDataError as error:
        return Handover(f"The mail server refused the mail: {error.code} {error.message}", error.code in _PERMANENT)
    except (aiosmtplib.SMTPException, TimeoutError, OSError) as error:
        raise MailServerAway(f"The mail server failed: {error or type(error).__name__}") from None
    return Handover(
        refusals=tuple(
            Refusal(recipient, f"{answer.code} {answer.message}", answer.code in _PERMANENT)
            for recipient, answer in refused.items()
        )
    )

"""A mail server on 127.0.0.1: keeps what it takes, refuses whom it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


@dataclass(frozen=True)
class Received:
    """One mail as it came: the envelope, and the message."""

    sender: str
    recipients: list[str]
    message: EmailMessage

    @property
    def text(self) -> str:
        """The plain part."""
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def html(self) -> str:
        """The HTML part."""
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content())


@dataclass
class Mailbox:
    """`refuse` maps an address to the answer it gets; `data_answer` is the answer to the mail itself."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    data_answer: str = "250 Taken"
    signed_in: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Who may get mail."""
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """The mail itself."""
        if self.data_answer.startswith("250"):
            message = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.received.append(Received(envelope.mail_from, list(envelope.rcpt_tos), message))
        return self.data_answer

    def sign_in(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """Anybody with the password "secret"."""
        good = isinstance(data, LoginPassword) and data.password == b"secret"
        if good:
            self.signed_in.append(data.login.decode())
        # A refusal that is not handled here is answered by the server.
        return AuthResult(success=good, handled=good)


@asynccontextmanager
async def mail_server(mailbox: Mailbox | None = None, port: int = 0, **more: Any) -> AsyncIterator[Mailbox]:
    """A listening server in this loop; leaving the block closes its port."""
    kept = mailbox or Mailbox()

    def session() -> SMTP:
        return SMTP(kept, hostname="mail.example.com", authenticator=kept.sign_in, **more)

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", port)
    async with server:
        kept.port = server.sockets[0].getsockname()[1]
        yield kept

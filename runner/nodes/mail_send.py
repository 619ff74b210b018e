"""Sending mail by SMTP: the message as the config says it, and what a server's refusal means."""

import asyncio
import mimetypes
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, make_msgid
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.fields import Secret
from runner.nodes.files import read_bytes
from runner.nodes.paths import resolve_path
from runner.nodes.tls import client_tls
from runner.workflow.documents import Json

ATTACHMENT_LIMIT: Final = 50 * 1024 * 1024
"""Bytes of all attachments of one mail; few servers take more."""

Line = Annotated[str, Field(max_length=2_000, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Text of one line: a line break in a header would begin another header."""
Addresses = Annotated[list[Line], Field(max_length=1_000)]
Security = Literal["tls", "starttls", "none"]


class SmtpServer(NodeConfig):
    """Where mail is handed in."""

    host: str = Field(min_length=1, title="Host", description="Name or address of the SMTP server.")
    port: int = Field(default=587, ge=1, le=65_535, title="Port", description="587 for STARTTLS, 465 for TLS.")
    security: Security = Field(default="starttls", title="Security", description="How the connection is encrypted.")
    username: str | None = Field(default=None, title="User", description="None: without signing in.")
    password: Secret = Field(default="", title="Password", description="Use an expression on credentials.")
    ca_file: str | None = Field(default=None, min_length=1, title="CA file", description="PEM of a private authority.")


class SendMailConfig(NodeConfig):
    """Config of mail.send."""

    server: SmtpServer = Field(title="Server", description="The SMTP server and how to sign in.")
    sender: Line = Field(min_length=3, title="From", description="An address, or Name <address>.")
    to: Addresses = Field(default_factory=list, title="To", description="Addresses, or Name <address>.")
    cc: Addresses = Field(default_factory=list, title="Copy", description="Further recipients that all see.")
    bcc: Addresses = Field(default_factory=list, title="Blind copy", description="Recipients that nobody sees.")
    reply_to: Addresses = Field(default_factory=list, title="Reply to", description="Where answers go.")
    subject: Line = Field(default="", title="Subject", description="One line.")
    text: str = Field(default="", title="Text", description="The plain text.")
    html: str | None = Field(default=None, title="HTML", description="The same as HTML, for programs that show it.")
    attachments: list[str] = Field(
        default_factory=list, max_length=100, title="Attachments", description="Paths of files."
    )
    in_reply_to: Line | None = Field(
        default=None, title="In reply to", description="Message id of the mail this one answers."
    )
    timeout_seconds: float = Field(default=60, gt=0, le=3600, title="Timeout", description="Seconds for each answer.")

    @model_validator(mode="after")
    def _has_recipient(self) -> Self:
        if not (self.to or self.cc or self.bcc):
            raise ValueError("give at least one recipient")
        return self


class SendMail(NodeType[SendMailConfig]):
    """mail.send: output `{messageId, recipients, refused: [{address, answer}], size}`.

    The mail is sent when the server takes it for one recipient; those it refused are told.
    """

    type = "mail.send"
    title = "Send mail"
    help = "Sends a mail with attachments by an SMTP server."
    icon = "mail-forward"
    config = SendMailConfig
    example: ClassVar[dict[str, Any]] = {
        "server": {
            "host": "smtp.example.com",
            "username": "{{ credentials.mail.username }}",
            "password": "{{ credentials.mail.password }}",
        },
        "sender": "Office <office@example.com>",
        "to": ["keller@example.com"],
        "subject": "Orders",
        "text": "See the workbook.",
        "attachments": ["out/orders.xlsx"],
    }

    async def run(self, config: SendMailConfig, context: NodeContext) -> Result:
        """Send once. Raises NodeFailure MAIL_* and those of reading the attachments."""
        import aiosmtplib  # noqa: PLC0415 - executions without mail should not pay for it

        paths = [resolve_path(context, path) for path in config.attachments]
        message = await asyncio.to_thread(compose, config, paths)
        tls = await asyncio.to_thread(client_tls, context, config.server.ca_file)
        server = config.server
        recipients = _addresses(message, "To", "Cc", "Bcc")
        del message["Bcc"]
        data = message.as_bytes()
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password if server.username is not None else None,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=tls if server.security != "none" else None,
            timeout=config.timeout_seconds,
        )
        try:
            with _failures(config, handed_over=False):
                await client.connect()
            with _failures(config, handed_over=True):
                refused, _ = await client.sendmail(_addresses(message, "From")[0], recipients, data)
        finally:
            client.close()
        answers: list[Json] = [{"address": name, "answer": _answer(answer)} for name, answer in refused.items()]
        if answers:
            context.log("warning", f"The mail was refused for {', '.join(refused)}.")
        taken: list[Json] = [name for name in recipients if name not in refused]
        return Result(
            {"messageId": str(message["Message-ID"]), "recipients": taken, "refused": answers, "size": len(data)}
        )


def compose(config: SendMailConfig, attachments: Sequence[Path]) -> EmailMessage:
    """The message. Raises NodeFailure MAIL_ADDRESS_INVALID, MAIL_TOO_LARGE and those of reading files."""
    message = EmailMessage(policy=SMTP)
    names = {"From": [config.sender], "To": config.to, "Cc": config.cc, "Bcc": config.bcc, "Reply-To": config.reply_to}
    for header, addresses in names.items():
        if addresses:
            _address(message, header, addresses)
    message["Subject"] = config.subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(domain=_addresses(message, "From")[0].rpartition("@")[2])
    if config.in_reply_to:
        message["In-Reply-To"] = message["References"] = config.in_reply_to
    message.set_content(config.text)
    if config.html is not None:
        message.add_alternative(config.html, subtype="html")
    left = ATTACHMENT_LIMIT
    for path in attachments:
        data = read_bytes(path, left)
        left -= len(data)
        main, _, sub = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=path.name)
    return message


def _address(message: EmailMessage, header: str, addresses: Sequence[str]) -> None:
    for address in addresses:
        try:
            probe = EmailMessage(policy=SMTP)
            probe["To"] = address
            found = probe["To"].addresses
        except (ValueError, IndexError) as error:
            raise _wrong_address(address) from error
        if not found or not all(each.username and each.domain for each in found):
            raise _wrong_address(address)
    message[header] = ", ".join(addresses)


def _wrong_address(address: str) -> NodeFailure:
    return NodeFailure(
        "MAIL_ADDRESS_INVALID", f"{address[:100]!r} is no mail address; write a@example.com or Name <a@example.com>."
    )


def _addresses(message: EmailMessage, *headers: str) -> list[str]:
    return list(
        dict.fromkeys(each.addr_spec for header in headers if header in message for each in message[header].addresses)
    )


def _answer(answer: Any) -> str:
    return f"{answer[0]} {answer[1]}"


@contextmanager
def _failures(config: SendMailConfig, *, handed_over: bool) -> Iterator[None]:
    import aiosmtplib as smtp  # noqa: PLC0415 - see above

    place = f"{config.server.host}:{config.server.port}"
    try:
        yield
    except smtp.SMTPAuthenticationError as error:
        raise NodeFailure("MAIL_LOGIN_FAILED", f"{place} refuses the sign-in; check user and password.") from error
    except smtp.SMTPRecipientsRefused as error:
        answers = "; ".join(f"{each.recipient}: {each.code} {each.message}" for each in error.recipients)
        retryable = all(each.code < 500 for each in error.recipients)
        raise NodeFailure("MAIL_REFUSED", f"{place} takes no recipient: {answers}.", retryable=retryable) from error
    except smtp.SMTPResponseException as error:
        retryable = 400 <= error.code < 500
        raise NodeFailure(
            "MAIL_REFUSED", f"{place} refuses the mail: {error.code} {error.message}.", retryable=retryable
        ) from error
    except smtp.SMTPConnectError as error:
        if isinstance(error.__cause__, ssl.SSLError):
            raise NodeFailure("MAIL_TLS_FAILED", f"{place} cannot be trusted: {error.__cause__}.") from error
        raise NodeFailure("MAIL_UNREACHABLE", f"{place} cannot be reached: {error}.", retryable=True) from error
    except smtp.SMTPNotSupported as error:
        raise NodeFailure("MAIL_NOT_SUPPORTED", f"{place}: {error} Check 'Security' and the user.") from error
    except (smtp.SMTPException, TimeoutError, OSError) as error:
        if not handed_over:
            reason = str(error) or type(error).__name__
            raise NodeFailure("MAIL_UNREACHABLE", f"{place} broke off: {reason}.", retryable=True) from error
        # It may have been taken: a mail that comes twice is worse than one a person looks after.
        reason = str(error) or type(error).__name__
        raise NodeFailure(
            "MAIL_UNCERTAIN", f"{place} broke off ({reason}); look whether the mail arrived before sending it again."
        ) from error


NODES = (SendMail,)

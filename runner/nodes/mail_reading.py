"""Mailboxes over IMAP: search, read with attachments, move. The library blocks, so that each node works in a thread."""

import asyncio
import fnmatch
import hashlib
import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeFailure, NodeType, Result
from runner.nodes.fields import Secret
from runner.nodes.mail_send import Line, Security
from runner.nodes.paths import check_target, file_errors, replacing, resolve_path
from runner.nodes.tls import client_tls
from runner.workflow.documents import Json

if TYPE_CHECKING:
    from imap_tools import BaseMailBox, MailMessage

MAIL_LIMIT: Final = 64 * 1024 * 1024
_FORBIDDEN: Final = str.maketrans(dict.fromkeys([*range(32), 127, *map(ord, '/\\:*?"<>|')], "_"))

Uid = Annotated[str, Field(pattern=r"^[1-9]\d{0,9}$")]


class ImapServer(NodeConfig):
    """Where mail lies."""

    host: str = Field(min_length=1, title="Host", description="Name or address of the IMAP server.")
    port: int = Field(default=993, ge=1, le=65_535, title="Port", description="993 for TLS, 143 for STARTTLS.")
    security: Security = Field(default="tls", title="Security", description="How the connection is encrypted.")
    username: Line = Field(min_length=1, title="User", description="May be an expression on credentials.")
    password: Secret = Field(title="Password", description="Use an expression on credentials.")
    ca_file: str | None = Field(default=None, min_length=1, title="CA file", description="PEM of a private authority.")


class MailboxConfig(NodeConfig):
    """What all three nodes need."""

    server: ImapServer = Field(title="Server", description="The IMAP server and how to sign in.")
    folder: Line = Field(default="INBOX", min_length=1, title="Folder", description="Where the mails are.")
    timeout_seconds: float = Field(default=60, gt=0, le=3600, title="Timeout", description="Seconds for each answer.")


class SearchMailConfig(MailboxConfig):
    """Config of mail.search; all that is given must hold."""

    sender: Line | None = Field(default=None, title="From", description="Part of the sender.")
    to: Line | None = Field(default=None, title="To", description="Part of a recipient.")
    subject: Line | None = Field(default=None, title="Subject", description="Part of the subject.")
    text: Line | None = Field(default=None, title="Text", description="Somewhere in the mail.")
    since: date | None = Field(default=None, title="Since", description="Day of arrival, as 2026-01-31.")
    before: date | None = Field(default=None, title="Before", description="Day of arrival, not included.")
    unread: bool | None = Field(default=None, title="Unread", description="Only unread mails, or only read ones.")
    limit: int = Field(default=100, ge=1, le=1_000, title="Most mails", description="The newest come first.")


class SearchMail(NodeType[SearchMailConfig]):
    """mail.search: output `{mails: [{uid, subject, sender, to, cc, date, messageId, read, size}], count}`."""

    type = "mail.search"
    title = "Search mails"
    help = "Finds mails in a folder of a mailbox, the newest first, and marks none as read."
    icon = "mail-search"
    config = SearchMailConfig
    example: ClassVar[dict[str, Any]] = {
        "server": {
            "host": "imap.example.com",
            "username": "{{ credentials.mail.username }}",
            "password": "{{ credentials.mail.password }}",
        },
        "subject": "Order",
        "unread": True,
    }
    repeatable = True

    async def run(self, config: SearchMailConfig, context: NodeContext) -> Result:
        """Search in a thread. Raises NodeFailure MAIL_*."""
        return Result(await asyncio.to_thread(_search, config, context))


class ReadMailConfig(MailboxConfig):
    """Config of mail.read."""

    uid: Uid = Field(title="Mail", description="Its uid, as mail.search gives it.")
    mark_read: bool = Field(default=True, title="Mark as read", description="As a mail program does.")
    save_to: str | None = Field(
        default=None, min_length=1, title="Save attachments to", description="A folder; none: they are only listed."
    )
    pattern: str = Field(default="*", min_length=1, title="Which attachments", description="For instance *.xlsx.")


class ReadMail(NodeType[ReadMailConfig]):
    """mail.read: output of mail.search for one mail, `text`, `html` and `attachments: [{name, size, mediaType, …}]`.

    A saved attachment also has `path` and `sha256`. Names are made harmless; of two equal ones the second gets a
    number.
    """

    type = "mail.read"
    title = "Read mail"
    help = "Reads a mail and saves its attachments."
    icon = "mail-opened"
    config = ReadMailConfig
    example: ClassVar[dict[str, Any]] = {
        "server": SearchMail.example["server"],
        "uid": "17",
        "saveTo": "in",
        "pattern": "*.csv",
    }
    repeatable = True

    async def run(self, config: ReadMailConfig, context: NodeContext) -> Result:
        """Read in a thread. Raises NodeFailure MAIL_NOT_FOUND, MAIL_TOO_LARGE, MAIL_* and those of the disk."""
        return Result(await asyncio.to_thread(_read, config, context))


class MoveMailConfig(MailboxConfig):
    """Config of mail.move."""

    uids: list[Uid] = Field(max_length=1_000, title="Mails", description="Their uids, as mail.search gives them.")
    target: Line = Field(min_length=1, title="To folder", description="It is made when it is missing.")


class MoveMail(NodeType[MoveMailConfig]):
    """mail.move: output `{moved, missing}`, uids in the old folder; a mail that is gone already is no failure."""

    type = "mail.move"
    title = "Move mails"
    help = "Moves mails to another folder of the mailbox."
    icon = "mail-share"
    config = MoveMailConfig
    example: ClassVar[dict[str, Any]] = {"server": SearchMail.example["server"], "uids": ["17"], "target": "Done"}

    async def run(self, config: MoveMailConfig, context: NodeContext) -> Result:
        """Move in a thread. Raises NodeFailure MAIL_*."""
        return Result(await asyncio.to_thread(_move, config, context))


def _search(config: SearchMailConfig, context: NodeContext) -> dict[str, Json]:
    from imap_tools import AND  # noqa: PLC0415 - executions without mail should not pay for it

    wanted: dict[str, Any] = {
        "from_": config.sender,
        "to": config.to,
        "subject": config.subject,
        "text": config.text,
        "date_gte": config.since,
        "date_lt": config.before,
        "seen": None if config.unread is None else not config.unread,
    }
    wanted = {name: value for name, value in wanted.items() if value is not None}
    criteria = str(AND(**wanted)) if wanted else "ALL"
    with _mailbox(config, context) as mailbox:
        found = mailbox.fetch(
            criteria,
            charset="US-ASCII" if criteria.isascii() else "UTF-8",
            limit=config.limit,
            mark_seen=False,
            reverse=True,
            headers_only=True,
            bulk=50,
        )
        mails: list[Json] = [_described(mail) for mail in found]
    return {"mails": mails, "count": len(mails)}


def _read(config: ReadMailConfig, context: NodeContext) -> dict[str, Json]:
    folder = resolve_path(context, config.save_to) if config.save_to is not None else None
    with _mailbox(config, context) as mailbox:
        [*heads] = mailbox.fetch(f"UID {config.uid}", mark_seen=False, headers_only=True)
        if not heads:
            raise NodeFailure("MAIL_NOT_FOUND", f"There is no mail {config.uid} in {config.folder}; search anew.")
        if heads[0].size_rfc822 > MAIL_LIMIT:
            raise NodeFailure("MAIL_TOO_LARGE", f"The mail is larger than {MAIL_LIMIT:,} bytes; read it by hand.")
        # It is marked once its attachments are safe.
        [mail] = mailbox.fetch(f"UID {config.uid}", mark_seen=False)
        attachments = _attachments(mail, folder, config.pattern)
        if config.mark_read:
            mailbox.flag(config.uid, [r"\Seen"], value=True)
    described = _described(mail) | {"read": config.mark_read or heads[0].flags.count(r"\Seen") > 0}
    return described | {"text": mail.text, "html": mail.html, "attachments": attachments}


def _move(config: MoveMailConfig, context: NodeContext) -> dict[str, Json]:
    with _mailbox(config, context) as mailbox:
        there = set(mailbox.uids(f"UID {','.join(config.uids)}")) if config.uids else set()
        moved: list[Json] = [uid for uid in config.uids if uid in there]
        if moved:
            if not mailbox.folder.exists(config.target):
                mailbox.folder.create(config.target)
            mailbox.move([str(uid) for uid in moved], config.target)
    missing: list[Json] = [uid for uid in config.uids if uid not in there]
    return {"moved": moved, "missing": missing}


def _described(mail: "MailMessage") -> dict[str, Json]:
    message_ids = dict(mail.headers).get("message-id", ("",))
    return {
        "uid": mail.uid,
        "subject": mail.subject,
        "sender": mail.from_,
        "to": [*mail.to],
        "cc": [*mail.cc],
        "date": mail.date.isoformat(),
        "messageId": message_ids[0].strip() or None,
        "read": r"\Seen" in mail.flags,
        "size": mail.size_rfc822,
    }


def _attachments(mail: "MailMessage", folder: Path | None, pattern: str) -> list[Json]:
    described: list[Json] = []
    taken: set[str] = set()
    for number, attachment in enumerate(mail.attachments, start=1):
        name = _harmless(attachment.filename) or f"attachment-{number}"
        if not fnmatch.fnmatchcase(name.casefold(), pattern.casefold()):
            continue
        name = _unused(name, taken)
        entry: dict[str, Json] = {"name": name, "size": len(attachment.payload), "mediaType": attachment.content_type}
        if folder is not None:
            path = folder / name
            check_target(path, "replace")
            with file_errors(path), replacing(path) as temporary:
                temporary.write_bytes(attachment.payload)
            entry |= {"path": str(path), "sha256": hashlib.sha256(attachment.payload).hexdigest()}
        described.append(entry)
    return described


def _harmless(name: str) -> str:
    """A name that stays in its folder on every system, whatever the sender wrote."""
    return name.translate(_FORBIDDEN).strip(" .")[-150:].strip(" .")


def _unused(name: str, taken: set[str]) -> str:
    stem, dot, suffix = name.rpartition(".")
    candidate, copy = name, 1
    while candidate.casefold() in taken:
        copy += 1
        candidate = f"{stem}-{copy}.{suffix}" if dot else f"{name}-{copy}"
    taken.add(candidate.casefold())
    return candidate


@contextmanager
def _mailbox(config: MailboxConfig, context: NodeContext) -> Iterator["BaseMailBox"]:
    """The mailbox with the folder open; signed out afterwards."""
    from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted  # noqa: PLC0415 - see above
    from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError  # noqa: PLC0415

    server, place = config.server, f"{config.server.host}:{config.server.port}"
    tls = client_tls(context, server.ca_file)
    box: BaseMailBox
    try:
        if server.security == "tls":
            box = MailBox(server.host, server.port, timeout=config.timeout_seconds, ssl_context=tls)
        elif server.security == "starttls":
            box = MailBoxStartTls(server.host, server.port, timeout=config.timeout_seconds, ssl_context=tls)
        else:
            box = MailBoxUnencrypted(server.host, server.port, timeout=config.timeout_seconds)
        try:
            box.login(server.username, server.password, initial_folder=None)
            box.folder.set(config.folder)
            yield box
            box.logout()
        finally:
            # The library closes the connection only after a sign-in; a second time does no harm.
            with suppress(OSError):
                box.client.shutdown()
    except MailboxLoginError as error:
        raise NodeFailure("MAIL_LOGIN_FAILED", f"{place} refuses the sign-in; check user and password.") from error
    except MailboxFolderSelectError as error:
        raise NodeFailure(
            "MAIL_FOLDER_NOT_FOUND", f"{place} has no folder {config.folder!r}; check its name."
        ) from error
    except ssl.SSLError as error:
        raise NodeFailure("MAIL_TLS_FAILED", f"{place} cannot be trusted: {error}. Set 'CA file'.") from error
    except (ImapToolsError, imaplib.IMAP4.error) as error:
        raise NodeFailure("MAIL_FAILED", f"{place}: {' '.join(str(error).split())[:300]}.") from error
    except OSError as error:
        reason = str(error) or type(error).__name__
        raise NodeFailure(
            "MAIL_UNREACHABLE", f"{place} cannot be reached: {reason}. Try again.", retryable=True
        ) from error


NODES = (SearchMail, ReadMail, MoveMail)

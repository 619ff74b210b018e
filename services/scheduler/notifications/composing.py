"""A mail as a message: subject, text and HTML, of one event or of many. Pure but for the message's own date."""

import html
from collections import Counter
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from services.scheduler.notifications.grouping import Group, group
from services.scheduler.notifications.model import Item, Mail
from services.scheduler.notifications.templates import MAXIMUM_SUBJECT, fill, one_line

SHOWN_GROUPS: Final = 50
SHOWN_TITLES: Final = 5
ONE_SUBJECT: Final = "[Exekra] $title: $event"
MANY_SUBJECT: Final = "[Exekra] $summary"
ONE_TEXT: Final = "$details\n$link\n"
MANY_TEXT: Final = "$summary since the last mail.\n\n$details\n"
FOOTER: Final = "You get this by the rule “$rule” of Exekra Hub $hub."
NOTICE: Final = "execution.notice"
_CELL: Final = "padding:4px 12px 4px 0;vertical-align:top"


def compose(mail: Mail, sender: Address, hub: str, now: datetime) -> EmailMessage:
    """The message for the rule's recipients. Repeats of a mail have the same Message-ID.

    Nothing that comes from outside can make a header of its own: line breaks are taken out, addresses are checked.
    """
    values = _values(mail, hub)
    subject, text = (MANY_SUBJECT, MANY_TEXT) if mail.is_digest else (ONE_SUBJECT, ONE_TEXT)
    draft = mail.draft
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = [Address(addr_spec=recipient) for recipient in draft.recipients]
    message["Subject"] = one_line(fill(draft.subject_template or subject, values), MAXIMUM_SUBJECT)
    message["Date"] = format_datetime(now.astimezone(UTC))
    message["Message-ID"] = f"<{mail.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    body = fill(draft.text_template or text, values)
    footer = fill(FOOTER, values)
    message.set_content(f"{_storable(body)}\n-- \n{_storable(footer)}\n")
    page = f"<pre>{html.escape(body)}</pre>" if draft.text_template else _page(mail, values, hub)
    message.add_alternative(_storable(f"<html><body>{page}<p>{html.escape(footer)}</p></body></html>"), subtype="html")
    return message


def _values(mail: Mail, hub: str) -> dict[str, str]:
    groups = group(mail.items)
    latest = mail.items[-1] if mail.items else None
    counts = Counter(item.type for item in mail.items).most_common()
    events = "1 event" if mail.count == 1 else f"{mail.count} events"
    return {
        "event": latest.type if latest else "",
        "title": latest.title if latest else "",
        "reason": latest.reason if latest else "",
        "at": _time(latest.at) if latest else "",
        "subject": latest.subject_id if latest else "",
        "link": _link(latest, hub) if latest else hub,
        "count": str(mail.count),
        "summary": f"{events}: " + ", ".join(f"{count} x {name}" for name, count in counts),
        "details": _lines(groups) if mail.is_digest else (_block(latest) if latest else ""),
        "rule": mail.draft.name,
        "hub": hub,
    }


def _block(item: Item) -> str:
    lines = [f"Event    {item.type}", f"What     {item.title}", f"When     {_time(item.at)}"]
    if item.subject_id:
        lines.append(f"Id       {item.subject_id}")
    if item.reason:
        label = "Says" if item.type == NOTICE else "Why"
        lines.append(f"{label:<9}{item.reason}")
    return "\n".join(lines)


def _lines(groups: list[Group]) -> str:
    lines = []
    for one in groups[:SHOWN_GROUPS]:
        lines.append(f"{one.count} x {one.sample.type}: {_titles(one)}  ({_span(one)})")
        if one.sample.reason:
            lines.append(f"    {one.sample.reason}")
    if len(groups) > SHOWN_GROUPS:
        lines.append(f"… and {len(groups) - SHOWN_GROUPS} further kinds.")
    return "\n".join(lines)


def _page(mail: Mail, values: dict[str, str], hub: str) -> str:
    rows = []
    for one in group(mail.items)[:SHOWN_GROUPS]:
        link = html.escape(_link(one.sample, hub), quote=True)
        cells = (
            str(one.count),
            html.escape(one.sample.type),
            f'<a href="{link}">{html.escape(_titles(one))}</a>' if hub else html.escape(_titles(one)),
            html.escape(_span(one)),
            html.escape(one.sample.reason),
        )
        rows.append("<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>")
    heading = values["summary"] if mail.is_digest else f"{values['title']}: {values['event']}"
    return f"<h3>{html.escape(heading)}</h3><table>{''.join(rows)}</table>"


def _titles(one: Group) -> str:
    shown = ", ".join(one.titles[:SHOWN_TITLES])
    return shown if len(one.titles) <= SHOWN_TITLES else f"{shown} and {len(one.titles) - SHOWN_TITLES} more"


def _span(one: Group) -> str:
    return _time(one.last_at) if one.count == 1 else f"{_time(one.first_at)} to {_time(one.last_at)}"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _link(item: Item, hub: str) -> str:
    page = {"execution": "executions", "runner": "runners", "trigger": "triggers"}.get(item.subject_kind)
    return f"{hub}/{page}/{item.subject_id}" if hub and page else hub


def _storable(text: str) -> str:
    """Lone surrogates would break the encoding of the mail."""
    return text.encode("utf-8", "replace").decode()

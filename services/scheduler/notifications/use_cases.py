"""Making, changing and deleting rules. Every change is a row in the audit outbox of its own transaction."""

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from services.kit.errors import FieldError, invalid
from services.kit.ids import is_id, new_id
from services.kit.outbox import Outbox, Resource
from services.scheduler.delivery.types import check_globs
from services.scheduler.notifications import repository
from services.scheduler.notifications.errors import name_taken, rule_changed, rule_not_found, too_many_rules
from services.scheduler.notifications.model import (
    MAXIMUM_DIGEST_SECONDS,
    MAXIMUM_RECIPIENTS,
    MAXIMUM_RULES,
    Rule,
    RuleDraft,
)
from services.scheduler.notifications.templates import MAXIMUM_SUBJECT, MAXIMUM_TEXT, check_template
from services.scheduler.workflows.library import creator

if TYPE_CHECKING:
    from services.kit.postgres import Connection

MAXIMUM_NAME: Final = 200
MAXIMUM_WORKFLOWS: Final = 100
_MAILBOX: Final = re.compile(
    r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
"""One plain address (RFC 5321's dot-string): no names, comments, quotes or line breaks."""


@dataclass(frozen=True, slots=True)
class Rules:
    """All functions work in the caller's transaction."""

    outbox: Outbox

    async def get(self, connection: "Connection", rule_id: str, *, locked: bool = False) -> Rule:
        """Raises RULE_NOT_FOUND. Locked, nobody else changes it until the transaction ends."""
        if not is_id(rule_id):
            raise rule_not_found()
        if locked:
            await connection.execute(repository.LOCK, rule_id)
        rule = await repository.find(connection, rule_id)
        if rule is None:
            raise rule_not_found()
        return rule

    async def create(self, connection: "Connection", draft: RuleDraft) -> Rule:
        """Raises what `checked` does, NAME_TAKEN, TOO_MANY_RULES."""
        draft = checked(draft)
        await connection.execute(repository.LOCK_NAMES)
        if await connection.fetchval(repository.COUNT) >= MAXIMUM_RULES:
            raise too_many_rules()
        rule_id = new_id()
        await self._check_name(connection, draft.name, rule_id)
        await repository.insert(connection, rule_id, draft, creator())
        rule = await self.get(connection, rule_id)
        await self.outbox.record(connection, "notification_rule.created", resource(rule), facts(rule))
        return rule

    async def update(self, connection: "Connection", old: Rule, draft: RuleDraft, if_match: str) -> Rule:
        """Makes a locked rule what the draft says. Raises RULE_CHANGED, and what `create` does."""
        if if_match and if_match != old.etag:
            raise rule_changed()
        draft = checked(draft)
        await connection.execute(repository.LOCK_NAMES)
        await self._check_name(connection, draft.name, old.id)
        await repository.update(connection, old.id, draft)
        new = await self.get(connection, old.id)
        before, after = facts(old), facts(new)
        changed = sorted(key for key in before if before[key] != after[key])
        details = {"before": {key: before[key] for key in changed}, "after": {key: after[key] for key in changed}}
        await self.outbox.record(connection, "notification_rule.updated", resource(new), details)
        return new

    async def delete(self, connection: "Connection", rule_id: str) -> None:
        """Its mails that were not sent go with it."""
        rule = await self.get(connection, rule_id, locked=True)
        await connection.execute(repository.DELETE, rule_id)
        await connection.execute(repository.DROP_MAILS, rule_id)
        await self.outbox.record(connection, "notification_rule.deleted", resource(rule))

    async def _check_name(self, connection: "Connection", name: str, rule_id: str) -> None:
        if await connection.fetchval(repository.NAME_TAKEN, name, rule_id):
            raise name_taken(name)


def checked(draft: RuleDraft) -> RuleDraft:
    """The draft in its normal form. Raises INVALID, EVENT_TYPE_UNKNOWN, TEMPLATE_BROKEN with the place."""
    name = draft.name.strip()
    if not 1 <= len(name) <= MAXIMUM_NAME:
        raise invalid("A rule needs a name.", FieldError("/name", f"Give 1 to {MAXIMUM_NAME} characters."))
    if not 1 <= len(draft.recipients) <= MAXIMUM_RECIPIENTS:
        raise invalid("Somebody must get it.", FieldError("/recipients", f"Give 1 to {MAXIMUM_RECIPIENTS} addresses."))
    for index, recipient in enumerate(draft.recipients):
        if not _MAILBOX.fullmatch(recipient):
            raise invalid(
                "An address cannot be used.", FieldError(f"/recipients/{index}", "Give one such as ada@example.com.")
            )
    if len(draft.workflow_ids) > MAXIMUM_WORKFLOWS or not all(map(is_id, draft.workflow_ids)):
        raise invalid(
            "A workflow is named by its id.", FieldError("/workflowIds", f"Give at most {MAXIMUM_WORKFLOWS} ids.")
        )
    if not 0 <= draft.digest_seconds <= MAXIMUM_DIGEST_SECONDS:
        raise invalid(
            "The digest is out of range.", FieldError("/digestSeconds", f"Give 0 to {MAXIMUM_DIGEST_SECONDS} seconds.")
        )
    return replace(
        draft,
        name=name,
        recipients=tuple(dict.fromkeys(draft.recipients)),
        event_types=check_globs(draft.event_types),
        workflow_ids=tuple(dict.fromkeys(draft.workflow_ids)),
        subject_template=check_template(draft.subject_template, "/subjectTemplate", MAXIMUM_SUBJECT),
        text_template=check_template(draft.text_template, "/textTemplate", MAXIMUM_TEXT),
    )


def resource(rule: Rule) -> Resource:
    """The rule as audit events name it."""
    return Resource("notification_rule", rule.id, rule.draft.name)


def facts(rule: Rule) -> dict[str, Any]:
    """What audit events say of it."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(rule.draft).items()}

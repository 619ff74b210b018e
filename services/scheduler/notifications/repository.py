"""The SQL of notification rules and their mails, and rows to models."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from services.kit.ids import new_id
from services.scheduler.notifications.model import MAXIMUM_ITEMS, MAXIMUM_RULES, Item, Mail, Rule, RuleDraft
from services.scheduler.workflows.model import Creator

if TYPE_CHECKING:
    from services.kit.postgres import Connection

_DRAFT = """r.name, r.recipients, r.event_types, r.workflow_ids, r.failures_only, r.digest_seconds, r.subject_template,
 r.text_template, r.enabled"""
_RULE = f"""r.id::text AS id, {_DRAFT}, r.revision, r.created_at, r.updated_at, r.creator_kind, r.creator_id,
 r.creator_name, (SELECT count(*) FROM mail m WHERE m.rule_id = r.id AND m.status = 'PENDING') AS pending,
 (SELECT max(m.ended_at) FROM mail m WHERE m.rule_id = r.id AND m.status = 'SENT') AS last_sent_at,
 coalesce((SELECT m.last_error FROM mail m WHERE m.rule_id = r.id AND m.last_error <> '' AND m.status <> 'SENT'
            ORDER BY m.id DESC LIMIT 1), '') AS last_error"""  # noqa: S608 - a constant
LIST = f"""SELECT {_RULE} FROM notification_rule r WHERE r.deleted_at IS NULL
 ORDER BY lower(r.name), r.id LIMIT {MAXIMUM_RULES}"""  # noqa: S608 - a constant
GET = f"SELECT {_RULE} FROM notification_rule r WHERE r.id = $1 AND r.deleted_at IS NULL"  # noqa: S608 - a constant
LOCK = "SELECT FROM notification_rule WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE"
LOCK_NAMES = "SELECT pg_advisory_xact_lock(45450008, 5)"
COUNT = "SELECT count(*) FROM notification_rule WHERE deleted_at IS NULL"
NAME_TAKEN = """SELECT EXISTS (SELECT FROM notification_rule
 WHERE deleted_at IS NULL AND lower(name) = lower($1) AND id <> $2)"""
INSERT = """INSERT INTO notification_rule (id, name, recipients, event_types, workflow_ids, failures_only,
  digest_seconds, subject_template, text_template, enabled, creator_kind, creator_id, creator_name)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"""
UPDATE = """UPDATE notification_rule SET name = $2, recipients = $3, event_types = $4, workflow_ids = $5,
  failures_only = $6, digest_seconds = $7, subject_template = $8, text_template = $9, enabled = $10,
  revision = revision + 1, updated_at = now() WHERE id = $1"""
DELETE = "UPDATE notification_rule SET deleted_at = now(), enabled = false WHERE id = $1"
DROP_MAILS = "DELETE FROM mail WHERE rule_id = $1 AND status = 'PENDING'"

# A mail that is sent takes no further events: its items are read afterwards, in a statement of their own.
CLAIM = f"""WITH taken AS (
 SELECT m.id FROM mail m WHERE m.status = 'PENDING' AND m.next_at <= now()
  ORDER BY m.next_at LIMIT $1 FOR UPDATE SKIP LOCKED
), leased AS (
 UPDATE mail m SET lease_id = $2, tries = m.tries + 1, collecting = false,
   next_at = now() + make_interval(secs => $3), recipients = coalesce(m.recipients, r.recipients)
  FROM taken, notification_rule r WHERE m.id = taken.id AND r.id = m.rule_id
 RETURNING m.id, m.rule_id, m.recipients, m.tries, m.give_up_at)
SELECT m.id::text AS id, m.recipients AS left_over, m.tries, m.give_up_at <= now() AS is_over,
 (SELECT count(*) FROM mail_item i WHERE i.mail_id = m.id) AS count, {_DRAFT}
 FROM leased m JOIN notification_rule r ON r.id = m.rule_id"""  # noqa: S608 - a constant
ITEMS = f"""SELECT e.type, e.at, e.subject_kind, e.subject_id, e.data::text AS data,
 coalesce((SELECT x.fingerprint FROM execution x WHERE e.type = 'execution.failed'
   AND x.id = CASE e.subject_kind WHEN 'execution' THEN e.subject_id::uuid END), '') AS fingerprint
 FROM mail_item i JOIN outgoing_event e ON e.seq = i.event_seq
 WHERE i.mail_id = $1 ORDER BY e.seq DESC LIMIT {MAXIMUM_ITEMS}"""  # noqa: S608 - a constant
SENT = """UPDATE mail SET status = 'SENT', ended_at = now(), lease_id = NULL, last_error = $3
 WHERE id = $1 AND lease_id = $2 AND status = 'PENDING'"""
PARK = """UPDATE mail SET status = 'PARKED', ended_at = now(), lease_id = NULL, last_error = $3
 WHERE id = $1 AND lease_id = $2 AND status = 'PENDING'"""
WAIT = """UPDATE mail SET lease_id = NULL, next_at = now() + make_interval(secs => $3), recipients = $4, last_error = $5
 WHERE id = $1 AND lease_id = $2 AND status = 'PENDING'"""
PARK_OVERDUE = """UPDATE mail SET status = 'PARKED', ended_at = now(), lease_id = NULL, collecting = false,
  last_error = CASE WHEN last_error = '' THEN 'There is no mail server.' ELSE last_error END
 WHERE status = 'PENDING' AND give_up_at <= now() AND next_at <= now()"""


async def list_rules(connection: "Connection") -> list[Rule]:
    """All of them, by name."""
    return [_rule(row) for row in await connection.fetch(LIST)]


async def find(connection: "Connection", rule_id: str) -> Rule | None:
    """None when it is unknown or deleted."""
    row = await connection.fetchrow(GET, rule_id)
    return _rule(row) if row else None


async def insert(connection: "Connection", rule_id: str, draft: RuleDraft, creator: Creator) -> None:
    """A new rule."""
    await connection.execute(INSERT, rule_id, *_columns(draft), creator.kind, creator.id, creator.name)


async def update(connection: "Connection", rule_id: str, draft: RuleDraft) -> None:
    """Everything a person may change."""
    await connection.execute(UPDATE, rule_id, *_columns(draft))


async def claim(connection: "Connection", limit: int, lease_seconds: float) -> list[Mail]:
    """Takes up to `limit` mails whose time has come for so long, with what they tell."""
    lease_id = new_id()
    mails = []
    for row in await connection.fetch(CLAIM, limit, lease_id, lease_seconds):
        items = [_item(found) for found in await connection.fetch(ITEMS, row["id"])]
        draft = _draft(row)
        mails.append(
            Mail(
                id=row["id"],
                lease_id=lease_id,
                draft=draft,
                recipients=tuple(row["left_over"]),
                tries=row["tries"],
                is_over=row["is_over"],
                is_digest=draft.digest_seconds > 0 or row["count"] > 1,
                items=tuple(reversed(items)),
                count=row["count"],
            )
        )
    return mails


async def wait(connection: "Connection", mail: Mail, seconds: float, left: Sequence[str], error: str) -> None:
    """Sends it again later, to those who have not got it."""
    await connection.execute(WAIT, mail.id, mail.lease_id, seconds, list(left), error[:1_000])


async def end(connection: "Connection", mail: Mail, *, sent: bool, error: str) -> None:
    """It is sent, or given up."""
    await connection.execute(SENT if sent else PARK, mail.id, mail.lease_id, error[:1_000])


def _columns(draft: RuleDraft) -> tuple[Any, ...]:
    return (
        draft.name,
        list(draft.recipients),
        list(draft.event_types),
        list(draft.workflow_ids),
        draft.failures_only,
        draft.digest_seconds,
        draft.subject_template,
        draft.text_template,
        draft.enabled,
    )


def _draft(row: Any) -> RuleDraft:
    return RuleDraft(
        name=row["name"],
        recipients=tuple(row["recipients"]),
        event_types=tuple(row["event_types"]),
        workflow_ids=tuple(str(workflow_id) for workflow_id in row["workflow_ids"]),
        failures_only=row["failures_only"],
        digest_seconds=row["digest_seconds"],
        subject_template=row["subject_template"],
        text_template=row["text_template"],
        enabled=row["enabled"],
    )


def _rule(row: Any) -> Rule:
    return Rule(
        id=row["id"],
        draft=_draft(row),
        revision=row["revision"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        creator=Creator(row["creator_kind"], row["creator_id"], row["creator_name"]),
        pending=row["pending"],
        last_sent_at=row["last_sent_at"],
        last_error=row["last_error"],
    )


def _item(row: Any) -> Item:
    data: dict[str, Any] = json.loads(row["data"])
    kind = row["subject_kind"]
    found = data.get(kind)
    about = found if isinstance(found, dict) else {}
    return Item(
        type=row["type"],
        at=row["at"],
        subject_kind=kind,
        subject_id=row["subject_id"],
        title=_title(data, about) or kind,
        reason=_reason(data),
        fingerprint=row["fingerprint"] or _notice(data).get("title", ""),
    )


def _title(data: dict[str, Any], about: dict[str, Any]) -> str:
    workflow = about.get("workflow")
    name = workflow.get("name") if isinstance(workflow, dict) else None
    return str(data.get("workflow_name") or about.get("name") or name or "")


def _notice(data: dict[str, Any]) -> dict[str, str]:
    """What a workflow tells people (`evidence.notices`); empty in all other events."""
    found: dict[str, str] = data.get("notice", {})
    return found


def _reason(data: dict[str, Any]) -> str:
    notice = _notice(data)
    if notice:
        return ": ".join(text for text in (notice["title"], notice["message"]) if text)
    failure = data.get("failure")
    found = json.loads(failure) if isinstance(failure, str) else failure
    if isinstance(found, dict):
        return f"{found.get('code', '')}: {found.get('message', '')}"[:500]
    return str(data.get("failure_code") or data.get("reason") or "")[:500]

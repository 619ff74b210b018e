"""Schedules of a workflow in its file: what is written of a trigger, and what must change for it to be as written.

Webhooks are not written: their secrets and addresses belong to one Hub. A member that is left out stays as it is, null
empties it. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Schedule = Mapping[str, Any]

WRITTEN = (
    "name",
    "cron",
    "intervalSeconds",
    "at",
    "timezone",
    "startsAt",
    "endsAt",
    "calendars",
    "jitterSeconds",
    "misfire",
    "overlap",
    "inputs",
    "priority",
    "labels",
    "dedupeKey",
    "timeoutSeconds",
    "queueTimeoutSeconds",
    "enabled",
)
"""In this order. Everything else of a trigger is the Hub's own."""
_DEFAULTS: Mapping[str, Any] = {
    "jitterSeconds": 0,
    "priority": 50,
    "timeoutSeconds": 0,
    "queueTimeoutSeconds": 86_400,
    "enabled": True,
}
"""Not written; a schedule that is off is, so that it does not start by being brought to another Hub."""
_INSTANTS = frozenset({"at", "startsAt", "endsAt"})


@dataclass(frozen=True, slots=True)
class ScheduleStep:
    """One schedule: `body` is what is sent to make or change it; `trigger_id` and `etag` are of the one there is."""

    name: str
    action: Literal["create", "change", "delete"]
    body: Schedule
    trigger_id: str = ""
    etag: str = ""


def as_written(trigger: Mapping[str, Any]) -> dict[str, Any]:
    """A trigger of the Hub as its file says it, without what is empty or at its default."""
    return {
        member: trigger[member]
        for member in WRITTEN
        if trigger.get(member) not in (None, "", [], {}) and trigger[member] != _DEFAULTS.get(member)
    }


def problem_of(schedules: Any) -> str | None:
    """What is wrong with the schedules of a file; None when nothing is. Their meaning is the Hub's to judge."""
    if not isinstance(schedules, list) or not all(isinstance(each, dict) for each in schedules):
        return "Its schedules must be a list of objects."
    names = [each.get("name") for each in schedules]
    if not all(isinstance(name, str) and name.strip() for name in names):
        return "Each of its schedules needs a name."
    if len({name.casefold() for name in names}) < len(names):
        return "Two of its schedules have the same name."
    unknown = sorted({member for each in schedules for member in each} - set(WRITTEN))
    return f"A schedule has no member {unknown[0]!r}. Check its spelling." if unknown else None


def merged(stored: Sequence[Schedule], wanted: Sequence[Schedule], *, prune: bool) -> list[Schedule]:
    """The schedules as they will be: those of the file over those of the Hub."""
    names = {each["name"].casefold() for each in wanted}
    there = {each["name"].casefold(): each for each in stored}
    kept = [] if prune else [each for name, each in there.items() if name not in names]
    return [*(_ordered({**there.get(each["name"].casefold(), {}), **each}) for each in wanted), *kept]


def schedule_steps(
    stored: Sequence[Schedule], triggers: Sequence[Mapping[str, Any]], wanted: Sequence[Schedule], *, prune: bool
) -> list[ScheduleStep]:
    """What to do; `stored` are the `triggers` as written, in the same order."""
    there = {each["name"].casefold(): (each, trigger) for each, trigger in zip(stored, triggers, strict=True)}
    steps = []
    for schedule in wanted:
        found = there.pop(schedule["name"].casefold(), None)
        if found is None:
            steps.append(ScheduleStep(schedule["name"], "create", schedule))
            continue
        now, trigger = found
        changed = {
            member: value
            for member, value in schedule.items()
            if not _is_same(member, now.get(member, trigger.get(member)), value)
        }
        if changed:
            steps.append(ScheduleStep(schedule["name"], "change", changed, trigger["id"], trigger.get("etag", "")))
    if prune:
        steps += [ScheduleStep(now["name"], "delete", {}, trigger["id"]) for now, trigger in there.values()]
    return steps


def _is_same(member: str, now: Any, wanted: Any) -> bool:
    """Instants are the same in every zone, a rule says only what it says, and empty is empty."""
    if member in _INSTANTS and isinstance(now, str) and isinstance(wanted, str):
        try:
            return datetime.fromisoformat(now) == datetime.fromisoformat(wanted)
        except (ValueError, TypeError):
            return False
    if member == "misfire" and isinstance(now, Mapping) and isinstance(wanted, Mapping):
        return all(now.get(key) == value for key, value in wanted.items())
    return bool(now == wanted) or (now in (None, "", [], {}) and wanted in (None, "", [], {}))


def _ordered(schedule: Schedule) -> dict[str, Any]:
    return {member: schedule[member] for member in WRITTEN if member in schedule}

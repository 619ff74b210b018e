"""Calendars as plain data, and the question schedules ask of them: may this day run, and who says so? Pure.

A calendar of the kind ALLOWED lets only its own days run, one of the kind BLOCKED all but its own. Stacked, a day runs
when every calendar lets it. Where a schedule stands and which day a fire falls on is the schedules' matter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from services.scheduler.calendars.entries import Entry, SingleDay, in_words
from services.scheduler.executions.model import Actor


class CalendarKind(StrEnum):
    """What it means to be in the calendar."""

    ALLOWED = "ALLOWED"
    BLOCKED = "BLOCKED"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a day runs. `because` names the calendar and the entry that decided; empty when none had a say."""

    allowed: bool
    because: str = ""


class DayRule(Protocol):
    """Whatever judges days."""

    def allows(self, day: date) -> Verdict:
        """The verdict on one day of the schedule's own zone."""
        ...


class CalendarRule:
    """A calendar ready to judge: days are looked up, rules asked one after the other.

    `imported` are the days of an ICS source with their titles.
    """

    __slots__ = ("_days", "_kind", "_name", "_rules")

    def __init__(
        self, name: str, kind: CalendarKind, entries: Iterable[Entry], imported: Mapping[date, str] | None = None
    ) -> None:
        self._name = name
        self._kind = kind
        self._days: dict[date, str] = {day: title or in_words(day) for day, title in (imported or {}).items()}
        rules = []
        for entry in entries:
            if isinstance(entry, SingleDay):
                self._days[entry.day] = entry.describe()
            else:
                rules.append(entry)
        self._rules: Sequence[Entry] = tuple(rules)

    def find(self, day: date) -> str | None:
        """The entry that covers the day, in words; None when none does."""
        listed = self._days.get(day)
        if listed is not None:
            return listed
        return next((rule.describe() for rule in self._rules if rule.covers(day)), None)

    def allows(self, day: date) -> Verdict:
        """See `DayRule`."""
        entry = self.find(day)
        if self._kind is CalendarKind.BLOCKED:
            return Verdict(True) if entry is None else Verdict(False, f'Calendar "{self._name}" blocks it: {entry}.')
        if entry is None:
            return Verdict(False, f'Calendar "{self._name}" does not allow {in_words(day)}.')
        return Verdict(True, f'Calendar "{self._name}" allows it: {entry}.')


class Stack:
    """Several rules: a day runs when every one of them lets it; the first refusal is the one that is told."""

    __slots__ = ("_rules",)

    def __init__(self, rules: Iterable[DayRule]) -> None:
        self._rules = tuple(rules)

    def allows(self, day: date) -> Verdict:
        """See `DayRule`."""
        reasons = []
        for rule in self._rules:
            verdict = rule.allows(day)
            if not verdict.allowed:
                return verdict
            if verdict.because:
                reasons.append(verdict.because)
        return Verdict(True, " ".join(reasons))


def stack(rules: Iterable[DayRule]) -> DayRule:
    """All of them as one rule; without any, every day runs."""
    return Stack(rules)


@dataclass(frozen=True, slots=True)
class Source:
    """An ICS document a calendar takes days from: uploaded, or (`url` not empty) fetched again and again.

    `problem` tells why the last look failed; the days of the last good copy stay in force meanwhile.
    """

    url: str
    fetched_at: datetime
    checked_at: datetime
    events: int
    days: int
    first_day: date | None
    last_day: date | None
    problem: str = ""
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar as people see it. `revision` changes with every change of its days; `timezone` places timed events."""

    id: str
    name: str
    description: str
    kind: CalendarKind
    timezone: str
    entries: Sequence[Entry]
    revision: int
    created_at: datetime
    updated_at: datetime
    created_by: Actor
    source: Source | None = None
    imported: Mapping[date, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        """Changes with everything a person can change."""
        return f"{self.id}.{self.revision}"

    @property
    def rule(self) -> CalendarRule:
        """Ready to judge."""
        return CalendarRule(self.name, self.kind, self.entries, self.imported)

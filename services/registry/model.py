"""Runners: who they are, when they were heard of, and what state that amounts to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.registry.errors import field_invalid

MAXIMUM_SLOTS: Final = 64
MAXIMUM_LABELS: Final = 32
MAXIMUM_NAME: Final = 100
MAXIMUM_DESCRIPTION: Final = 2_000
MAXIMUM_TOLD: Final = 200
_LABEL = re.compile(r"[^\s,\x00-\x1f\x7f]{1,64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class State(StrEnum):
    """What a person sees."""

    ONLINE = "ONLINE"
    BUSY = "BUSY"
    OFFLINE = "OFFLINE"


@dataclass(frozen=True, slots=True)
class Metrics:
    """Load of a runner's machine. Percentages of the whole machine, sizes in bytes."""

    at: datetime
    cpu_percent: float
    memory_percent: float
    memory_used: int
    memory_total: int
    disk_free: int
    disk_total: int


@dataclass(frozen=True, slots=True)
class Presence:
    """When a runner was heard of and what it told about itself."""

    last_seen_at: datetime
    connected_at: datetime
    disconnected_at: datetime | None
    version: str
    platform: str
    hostname: str
    capabilities: tuple[str, ...]
    metrics: Metrics | None


@dataclass(frozen=True, slots=True)
class Runner:
    """A registered runner. `presence` is None until it connected for the first time."""

    id: str
    name: str
    description: str
    labels: tuple[str, ...]
    slots: int
    enabled: bool
    draining: bool
    owner_id: str
    machine_key: str
    secret_version: int
    cloned: bool
    revision: int
    created_at: datetime
    deleted: bool
    presence: Presence | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A runner about to be registered."""

    id: str
    name: str
    description: str
    labels: tuple[str, ...]
    slots: int
    owner_id: str
    machine_key: str
    secret_sha256: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """A runner's owner wants it to take no work: since when, and by which account of the machine."""

    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Load:
    """What a runner is doing, as the scheduler knows it.

    `free` counts the seats that could be given away now: none while the runner does not ask for work (`polling`).
    """

    free: int
    execution_ids: tuple[str, ...]
    polling: bool = True
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """After how much silence a runner counts as silent and as offline, and since when this registry could hear.

    Nobody is called silent for a time in which nobody listened: after a restart the silence of runners that were
    connected when the registry ended counts from `listening_since`.
    """

    silent: timedelta
    offline: timedelta
    listening_since: datetime
    heard_until: datetime | None

    def of(self, presence: Presence, now: datetime) -> timedelta:
        """How long a runner has been silent, in favour of the runner."""
        since = presence.last_seen_at
        if self.heard_until is not None and since >= self.heard_until - self.offline:
            since = max(since, self.listening_since)
        return now - since


def state_of(runner: Runner, load: Load | None, silence: Silence, now: datetime) -> tuple[State, bool]:
    """The runner's state, and whether it is silent: connected, but not heard of for a while, or not asking for work
    although nobody paused it."""
    presence = runner.presence
    if presence is None or presence.disconnected_at is not None:
        return State.OFFLINE, False
    quiet = silence.of(presence, now)
    if quiet >= silence.offline:
        return State.OFFLINE, False
    busy = load is not None and load.free <= 0
    silent = quiet >= silence.silent or (load is not None and not load.polling and load.pause is None)
    return (State.BUSY if busy else State.ONLINE), silent


def told_text(text: str) -> str:
    """What a machine says about itself, without what Postgres or a page could not show, and bounded."""
    return _CONTROL.sub("", text)[:MAXIMUM_TOLD]


def check_text(text: str, pointer: str) -> str:
    """The text. Raises a DomainError when Postgres could not store it."""
    if "\x00" in text:
        raise field_invalid(pointer, "Leave NUL out.")
    return text


def check_name(name: str) -> str:
    """The name without outer blanks. Raises a DomainError for an empty, overlong or unprintable one."""
    name = name.strip()
    if not name or len(name) > MAXIMUM_NAME or _CONTROL.search(name):
        raise field_invalid("/name", f"Give 1 to {MAXIMUM_NAME} printable characters.")
    return name


def check_description(description: str) -> str:
    """The description. Raises a DomainError for an overlong one."""
    if len(description) > MAXIMUM_DESCRIPTION or "\x00" in description:
        raise field_invalid("/description", f"Give at most {MAXIMUM_DESCRIPTION} characters.")
    return description


def check_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Each label once, in the order given. Raises a DomainError for a malformed one or too many."""
    for place, label in enumerate(labels):
        if not _LABEL.fullmatch(label):
            raise field_invalid(f"/labels/{place}", "Give 1 to 64 characters without blanks and commas.")
    unique = tuple(dict.fromkeys(labels))
    if len(unique) > MAXIMUM_LABELS:
        raise field_invalid("/labels", f"Give at most {MAXIMUM_LABELS} labels.")
    return unique


def check_slots(slots: int) -> int:
    """The number of slots. Raises a DomainError outside 1 to 64."""
    if not 1 <= slots <= MAXIMUM_SLOTS:
        raise field_invalid("/slots", f"Give a number from 1 to {MAXIMUM_SLOTS}.")
    return slots

"""What of many events is alike: one line for thirty failures of the same kind. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.scheduler.notifications.model import Item

_BAD = (
    "execution.failed",
    "execution.lost",
    "runner.offline",
    "trigger.paused",
    "license.refused",
    "license.expiring",
    "license.expired",
    "license.frozen",
    "license.lapsed",
    "endpoint.disabled",
)


@dataclass(frozen=True, slots=True)
class Group:
    """Events that are alike. `sample` is the latest of them."""

    count: int
    first_at: datetime
    last_at: datetime
    sample: Item
    titles: tuple[str, ...]
    """Each once, the most recent first."""


def group(items: Iterable[Item]) -> list[Group]:
    """Failures by their fingerprint, everything else by type and subject's name; what is bad first, then the larger."""
    found: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        found.setdefault((item.type, item.fingerprint or item.title), []).append(item)
    groups = []
    for members in found.values():
        ordered = sorted(members, key=lambda item: item.at)
        titles = tuple(dict.fromkeys(item.title for item in reversed(ordered)))
        groups.append(Group(len(ordered), ordered[0].at, ordered[-1].at, ordered[-1], titles))
    return sorted(groups, key=lambda one: (one.sample.type not in _BAD, -one.count, one.sample.type, one.sample.title))

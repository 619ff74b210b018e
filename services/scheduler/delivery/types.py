"""The names of the events there are, and the globs that choose among them."""

import re
from collections.abc import Mapping
from typing import Final

from services.kit.errors import FieldError, invalid

TEST: Final = "endpoint.test"
DISABLED: Final = "endpoint.disabled"
EXECUTION: Final = "execution"
"""Kind of the subjects whose events carry an execution."""

TYPES: Final[Mapping[str, str]] = {
    "execution.queued": "An execution was accepted.",
    "execution.assigned": "An execution was given to a runner.",
    "execution.started": "The runner took it and begins.",
    "execution.requeued": "It did not start where it was assigned, and waits again.",
    "execution.retrying": "An attempt failed or was lost; another follows.",
    "execution.suspended": "It waits for a person or a time, and holds no runner.",
    "execution.contact_lost": "Its runner is not heard of; it may work on.",
    "execution.contact_regained": "Its runner is heard of again.",
    "execution.stopping": "It was told to stop, or ran out of time.",
    "execution.completed": "It succeeded.",
    "execution.failed": "It failed; `failure` says why.",
    "execution.stopped": "It was stopped.",
    "execution.lost": "Its runner stopped without a result: what it did last is unknown.",
    "execution.resumed": "A person decided what it waited for; it waits for a runner.",
    "execution.notice": "Its workflow tells people something; `notice` says what.",
    "approval.requested": "An execution asks a person to decide.",
    "approval.decided": "A person decided, or the time to do so is over.",
    "queue.item_successful": "A work item was done.",
    "queue.item_failed": "A work item failed, and no try is left.",
    "queue.item_business_failed": "A work item cannot be done: a business failure, not tried again.",
    "queue.item_lost": "Whoever had a work item is gone; a person decides what became of it.",
    "queue.item_expired": "Nobody took a work item before its deadline.",
    "runner.online": "A runner connected.",
    "runner.silent": "A runner misses heartbeats.",
    "runner.offline": "A runner is gone.",
    "trigger.paused": "A trigger was paused after repeated failures.",
    "trigger.resumed": "A paused trigger fires again.",
    "license.changed": "What the licence allows has changed.",
    "license.refused": "The licence allows no new executions.",
    "license.expiring": "The licence ends within 30 days.",
    "license.expired": "The licence has ended; nothing changes for 14 days.",
    "license.frozen": "The licence ended 14 days ago: nothing can be added until there is a new one.",
    "license.lapsed": "The licence ended 44 days ago: the limits of the community edition hold.",
    DISABLED: "An endpoint was disabled because it answered 410 Gone.",
    TEST: "Sent by hand to one endpoint; no filter chooses it.",
}
"""Every type and what it says."""

MAXIMUM_GLOBS: Final = 50
_GLOB: Final = re.compile(r"[a-z0-9_.*]{1,100}")


def check_globs(globs: tuple[str, ...], pointer: str = "/eventTypes") -> tuple[str, ...]:
    """The globs, each once. Raises INVALID for one that could never choose anything."""
    if not 1 <= len(globs) <= MAXIMUM_GLOBS:
        raise invalid("Choose events.", FieldError(pointer, f"Give 1 to {MAXIMUM_GLOBS} names such as execution.*"))
    for index, glob in enumerate(globs):
        if not _GLOB.fullmatch(glob) or not any(matches(glob, name) for name in TYPES if name != TEST):
            raise invalid(
                f"No event is called {glob!r}.",
                FieldError(f"{pointer}/{index}", "Use a name of GET /api/event-types, with * for any part of it."),
                reason="EVENT_TYPE_UNKNOWN",
            )
    return tuple(dict.fromkeys(globs))


def matches(glob: str, name: str) -> bool:
    """`*` stands for any characters, dots included; the same rule as event_pattern() in SQL."""
    return re.fullmatch(re.escape(glob).replace(r"\*", ".*"), name) is not None

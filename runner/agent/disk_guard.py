"""Ends what runs before a full disk keeps its result from being written.

New work is refused by `housekeeping` long before. What runs already pauses at its next node as soon as the journal
cannot grow (`reporter.room`); its result still fits into the journal's reserve.
"""

import time
from collections.abc import Callable

import structlog

from runner.agent.journal import Journal
from runner.agent.reporter import Reporter

log = structlog.get_logger("runner.disk_guard")


class DiskGuard:
    """To be asked once a second. `give_up` ends all executions; it is called once for each time the disk is full."""

    def __init__(
        self, journal: Journal, reporter: Reporter, patience_seconds: float, give_up: Callable[[], None]
    ) -> None:
        self._journal = journal
        self._reporter = reporter
        self._patience_seconds = patience_seconds
        self._give_up = give_up
        self._full_since: float | None = None
        self._given_up = False

    async def watch(self) -> None:
        """See whether the journal can grow; after some patience with one that cannot, end what runs."""
        if self._journal.has_reserve:
            if self._full_since is not None:
                log.warning("the journal can grow again")
                self._full_since, self._given_up = None, False
            await self._reporter.look_again()
            return
        self._journal.try_reserve()
        now = time.monotonic()
        if self._full_since is None:
            log.error("the disk is full: executions wait", patience_seconds=self._patience_seconds)
            self._full_since = now
        if now - self._full_since >= self._patience_seconds and not self._given_up:
            log.error("the disk is still full: ending executions while their results can be written")
            self._given_up = True
            self._give_up()

"""Keeps the runner's disk in order: room before work, a short journal, results kept for a restored Hub."""

import asyncio
import itertools
import shutil
import time

import structlog

from exekra.registry.v1 import runner_service_pb2 as pb
from runner.agent import wire
from runner.agent.attempts import Attempts
from runner.agent.disk_guard import DiskGuard
from runner.agent.journal import Journal, JournalError
from runner.agent.kept import KeptResults
from runner.agent.recent import RecentRuns
from runner.agent.session import Session
from runner.agent.settings import RunnerSettings
from runner.agent.transport import HubRefusedError

ROUND_SECONDS = 1.0
SAVING_ROUNDS = 5

log = structlog.get_logger("runner.housekeeping")


class Housekeeping:
    """`run` goes round for ever; `disk_full` is what it last found."""

    def __init__(
        self,
        settings: RunnerSettings,
        journal: Journal,
        attempts: Attempts,
        session: Session,
        guard: DiskGuard,
        recent: RecentRuns,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._attempts = attempts
        self._session = session
        self._guard = guard
        self._recent = recent
        self._kept = KeptResults(settings.home / "kept", settings.kept_result_seconds, settings.kept_result_bytes)
        self._rewritten_size = 0
        self.disk_full = self._is_disk_full()

    async def run(self) -> None:
        """Look after everything once a second."""
        for round_ in itertools.count():
            await self.run_once()
            if round_ % SAVING_ROUNDS == 0:
                await self.save_recent()
            await asyncio.sleep(ROUND_SECONDS)

    async def run_once(self) -> None:
        """Look after everything."""
        disk_full = self._is_disk_full()
        if disk_full != self.disk_full:
            log.warning("disk is full, taking no work" if disk_full else "disk has room again")
            self.disk_full = disk_full
            self._session.poll_soon()
        await self._guard.watch()
        if self._journal.size > max(self._settings.journal_rewrite_bytes, 2 * self._rewritten_size):
            try:
                await self.shorten()
            except (JournalError, OSError) as error:
                log.error("journal cannot be shortened", reason=str(error))

    async def save_recent(self) -> None:
        """Write what the runner's owner sees of the last executions."""
        snapshot = self._recent.unsaved()
        try:
            await asyncio.to_thread(snapshot.save)
        except OSError as error:
            self._recent.save_again(snapshot)
            log.warning("the last executions cannot be saved", reason=str(error))

    async def shorten(self) -> None:
        """Move delivered results to the kept ones and rewrite the journal without what is over."""
        delivered = list(self._attempts.delivered)
        await asyncio.to_thread(self._kept.add, delivered)
        await asyncio.to_thread(self._kept.prune, time.time())
        # What was delivered meanwhile stays in the journal: it is not kept elsewhere yet.
        del self._attempts.delivered[: len(delivered)]
        await self._journal.rewrite(self._attempts.records())
        self._rewritten_size = self._journal.size

    def incarnation_changed(self, incarnation: str) -> bool:
        """True when the Hub is not the one it was: restored from a backup, or a promoted standby."""
        return self._kept.incarnation_changed(incarnation)

    async def replay(self) -> None:
        """Tell the Hub every kept result once more; it takes what it lost and knows the rest by its digest."""
        finishes = [*await asyncio.to_thread(lambda: list(self._kept.read(time.time()))), *self._attempts.delivered]
        log.info("the Hub was restored, telling kept results again", results=len(finishes))
        for finish in finishes:
            record = wire.finish_record(finish, [], [])
            try:
                await self._session.call(
                    lambda transport, live, record=record: transport.finish(  # type: ignore[misc] # a default in a lambda
                        pb.FinishRequest(epoch=live.epoch, record=record)
                    ),
                    lambda reply: reply.answer,
                )
            except HubRefusedError as refused:
                log.warning("kept result refused", attempt=finish.attempt_id, reason=refused.reason)

    def _is_disk_full(self) -> bool:
        free = shutil.disk_usage(self._settings.home).free
        return free < self._settings.min_free_bytes or not self._journal.has_reserve

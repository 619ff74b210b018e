"""Lets held fires of schedules go, when the breaker says so (see services/scheduler/outcomes/release.py)."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from services.kit.errors import DomainError
from services.scheduler.outcomes.model import ReleasePolicy
from services.scheduler.outcomes.release import Release, Released
from services.scheduler.triggers.firing import judge
from services.scheduler.triggers.launching import Launcher, live_after
from services.scheduler.triggers.ledger import Decision, DueFire, Outcome, Reason
from services.scheduler.triggers.repository import firing as repository
from services.scheduler.triggers.repository.firing import Decided
from services.scheduler.workflows.use_cases import load_launchables

if TYPE_CHECKING:
    from services.kit.postgres import Connection


class ScheduleReleaser:
    """See `Releaser`. Without a policy held fires are coalesced: a schedule's runs are mostly alike."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher

    async def find_holding(self, connection: "Connection", trigger_ids: Sequence[str]) -> set[str]:
        """Those of the triggers that hold at least one fire."""
        return await repository.find_holding(connection, trigger_ids)

    async def release(self, connection: "Connection", trigger_id: str, wanted: Release) -> Released:
        """A probe is the newest held fire. What goes is still subject to the schedule's overlap rule."""
        allowed = await self._launcher.licence_allows()
        if not await repository.take_one(connection, trigger_id):
            return Released(more=True)
        held = await repository.read_held(connection, trigger_id)
        if not held:
            return Released()
        going, settled = _choose(held, wanted)
        launched, decided = await self._let_go(connection, trigger_id, going, licence_allows=allowed)
        await repository.write(connection, [*[Decided(trigger_id, each) for each in settled], *decided])
        left = len(held) - len(settled) - len(decided)
        return Released([each.execution_id for each in launched if each.execution_id], more=left > 0)

    async def _let_go(
        self, connection: "Connection", trigger_id: str, going: Sequence[DueFire], *, licence_allows: bool
    ) -> tuple[list[Decided], list[Decided]]:
        """Those that became executions, and all that are decided now."""
        standings = await repository.read_standings(connection, [trigger_id])
        standing = standings[trigger_id]
        versions = await load_launchables(connection, [standing.workflow_id])
        version = versions[standing.workflow_id]
        obstacle = Reason.NONE if licence_allows else Reason.LICENCE_REFUSED
        if isinstance(version, DomainError):
            obstacle = repository.obstacle_of(version.reason)
        waiting = (await repository.read_fires(connection, [trigger_id])).get(trigger_id, [])
        queued = [fire for fire in waiting if fire.waited]
        mine = {fire.fire_at for fire in going}
        decisions = [
            decision
            for decision in judge(standing, sorted([*queued, *going], key=_instant), held=False, obstacle=obstacle)
            if decision.fire_at in mine
        ]
        launched = await self._launcher.launch(
            connection, [(standing, decision) for decision in decisions if decision.executes], versions
        )
        await repository.keep_live(connection, live_after(standings, launched))
        return launched, [*launched, *[Decided(trigger_id, each) for each in decisions if not each.executes]]


def _choose(held: Sequence[DueFire], wanted: Release) -> tuple[Sequence[DueFire], list[Decision]]:
    """The fires that go, and decisions about those that do not."""
    newest = held[-1]
    if wanted.probe:
        return [newest], []
    if wanted.policy is ReleasePolicy.ALL:
        going = held[: wanted.maximum]
        rest = held[wanted.maximum :] if wanted.last else ()
        return going, [Decision(fire.fire_at, Outcome.MISSED, Reason.BREAKER) for fire in rest]
    merged = [Decision(fire.fire_at, Outcome.COALESCED, Reason.BREAKER, newest.fire_at) for fire in held[:-1]]
    return [newest], merged


def _instant(fire: DueFire) -> datetime:
    return fire.fire_at

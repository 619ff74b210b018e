"""Makes the executions of fires: in the transaction that decides about them, many at a time."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from services.kit.errors import DomainError
from services.scheduler.executions.bells import Bells
from services.scheduler.executions.calls import Aftermath
from services.scheduler.executions.licence import Licence
from services.scheduler.executions.model import Actor, Launch
from services.scheduler.executions.repository.bulk import insert_many
from services.scheduler.executions.repository.submission import Demands
from services.scheduler.executions.use_cases import Submission, make_launch
from services.scheduler.triggers.ledger import Decision, Outcome
from services.scheduler.triggers.placeholders import fill
from services.scheduler.triggers.repository import firing as repository
from services.scheduler.triggers.repository.firing import Decided, Standing
from services.scheduler.triggers.schedules import Overlap
from services.scheduler.workflows.model import Launchable

if TYPE_CHECKING:
    from services.kit.postgres import Connection

LIVE_KEPT = 100


class Launcher:
    """Makes the executions of fires, in the transaction that decides about them."""

    def __init__(self, bells: Bells, licence: Licence, *, retry_lease_seconds: float) -> None:
        self._bells = bells
        self._licence = licence
        self._retry_lease_seconds = retry_lease_seconds
        self._demands = Demands()

    async def licence_allows(self) -> bool:
        """Raises UNAVAILABLE when no verdict was ever given."""
        return (await self._licence.verdict()).allowed

    async def launch(
        self, connection: "Connection", wanted: Sequence[tuple[Standing, Decision]], versions: Mapping[str, object]
    ) -> list[Decided]:
        """An execution for each; one whose inputs do not fit is SKIPPED.

        `versions` are the workflows' published ones. What is missing in the answer is to be decided again: the holder
        of its deduplication key ended in this moment.
        """
        decided: list[Decided] = []
        launches: dict[str, tuple[Standing, Decision]] = {}
        made: list[Launch] = []
        for standing, decision in wanted:
            version = versions[standing.workflow_id]
            assert isinstance(version, Launchable)
            try:
                launch = self._make(standing, decision, version)
            except DomainError as error:
                reason = repository.obstacle_of(error.reason)
                decided.append(Decided(standing.id, Decision(decision.fire_at, Outcome.SKIPPED, reason)))
                continue
            made.append(launch)
            launches[launch.id] = (standing, decision)
        stored = await insert_many(connection, self._demands, made)
        decided += [
            Decided(standing.id, decision, stored[launch_id], duplicate=stored[launch_id] != launch_id)
            for launch_id, (standing, decision) in launches.items()
            if launch_id in stored
        ]
        return decided

    def announce(self, executions: int) -> None:
        """Call after the commit."""
        if executions:
            self._bells.settle(Aftermath(topics={"executions"}, dispatch=True))

    def _make(self, standing: Standing, decision: Decision, version: Launchable) -> Launch:
        wanted = Submission(
            workflow_id=standing.workflow_id,
            inputs=fill(standing.inputs, decision.fire_at, standing.timezone),
            priority=standing.priority,
            dedupe_key=standing.dedupe_key,
            timeout_seconds=standing.timeout_seconds,
            queue_timeout_seconds=standing.queue_timeout_seconds,
            trigger_id=standing.id,
            labels=standing.labels,
        )
        return make_launch(version, wanted, Actor("trigger", standing.id, standing.name), self._retry_lease_seconds)


def live_after(standings: Mapping[str, Standing], launched: Sequence[Decided]) -> Mapping[str, Sequence[str]]:
    """The executions that live now, of the schedules that have to know."""
    live: dict[str, list[str]] = {}
    for each in launched:
        standing = standings[each.trigger_id]
        if each.execution_id is not None and standing.overlap is not Overlap.ALLOW:
            live.setdefault(each.trigger_id, list(standing.live)).append(each.execution_id)
    return {trigger_id: ids[-LIVE_KEPT:] for trigger_id, ids in live.items()}

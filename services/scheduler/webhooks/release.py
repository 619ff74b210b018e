"""Letting held deliveries go when their trigger's breaker says so.

Each delivery is different work: without a policy none is dropped.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from services.kit.errors import DomainError
from services.kit.translation import is_outage
from services.scheduler.executions.use_cases import Submissions
from services.scheduler.outcomes.model import ReleasePolicy
from services.scheduler.outcomes.release import RELEASED_AT_ONCE, Release, Released
from services.scheduler.webhooks.launching import Launcher, inputs_of, submission_of
from services.scheduler.webhooks.model import Delivery, Hook
from services.scheduler.webhooks.repository import hooks, inbox
from services.scheduler.webhooks.storing import accepted, refused

if TYPE_CHECKING:
    from services.kit.postgres import Connection

COALESCED: Final = ("COALESCED", "The newest of the deliveries that were held stands for it.")
LIMITED: Final = (
    "RELEASE_LIMIT",
    "More deliveries were held than the trigger's breaker releases. Replay it if needed.",
)
TRIGGER_DELETED: Final = ("TRIGGER_DELETED", "The trigger was deleted while it was held.")


class DeliveryReleaser:
    """See `Releaser`."""

    def __init__(self, submissions: Submissions, launcher: Launcher) -> None:
        self._submissions = submissions
        self._launcher = launcher

    async def find_holding(self, connection: "Connection", trigger_ids: Sequence[str]) -> set[str]:
        """Those of the triggers that hold a delivery."""
        return await inbox.find_holding(connection, trigger_ids)

    async def release(self, connection: "Connection", trigger_id: str, wanted: Release) -> Released:
        """Oldest first; what cannot be launched is kept as refused.

        Raises UNAVAILABLE and LICENCE_REFUSED: all of them wait on.
        """
        hook = await hooks.get_hook(connection, trigger_id)
        if hook is None:
            await inbox.settle_held(connection, trigger_id, *TRIGGER_DELETED)
            return Released()
        if wanted.probe:
            return Released(await self._launch(connection, hook, await inbox.lock_held(connection, trigger_id, 1)))
        if wanted.policy is ReleasePolicy.COALESCE:
            return await self._coalesce(connection, hook)
        # Without a policy the limit is none either: what was answered 202 is not given up by a default.
        maximum = wanted.maximum if wanted.policy is ReleasePolicy.ALL else wanted.maximum or RELEASED_AT_ONCE
        made = await self._launch(connection, hook, await inbox.lock_held(connection, trigger_id, maximum))
        more = bool(await inbox.find_holding(connection, [trigger_id]))
        if more and wanted.last and wanted.policy is ReleasePolicy.ALL:
            await inbox.settle_held(connection, trigger_id, *LIMITED)
            more = False
        return Released(made, more)

    async def _coalesce(self, connection: "Connection", hook: Hook) -> Released:
        newest = await inbox.lock_newest_held(connection, hook.trigger_id)
        if newest is None:
            return Released(more=bool(await inbox.find_holding(connection, [hook.trigger_id])))
        made = await self._launch(connection, hook, [newest])
        await inbox.settle_held(connection, hook.trigger_id, *COALESCED)
        return Released(made)

    async def _launch(self, connection: "Connection", hook: Hook, held: Sequence[Delivery]) -> list[str]:
        if not held:
            return []
        await self._submissions.require_licence()
        wanted = [(hook, submission_of(hook, inputs_of(hook, delivery))) for delivery in held]
        results = await self._launcher.launch(connection, wanted)
        decided, made = [], []
        for delivery, result in zip(held, results, strict=True):
            if isinstance(result, DomainError):
                if is_outage(result):
                    raise result
                decided.append(refused(delivery, result))
                continue
            decided.append(accepted(delivery, result, "RELEASED"))
            if not result.merged:
                made.append(result.execution_id)
        await inbox.settle(connection, decided)
        return made

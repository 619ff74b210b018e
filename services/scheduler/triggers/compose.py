"""Puts the parts of triggers together, for the process that serves RPCs and for the loops."""

from typing import TYPE_CHECKING

from services.kit.rpc_server import Registration
from services.scheduler.executions.interventions import Interventions
from services.scheduler.executions.licence import Licence
from services.scheduler.executions.use_cases import Submissions
from services.scheduler.triggers.by_hand import ByHand
from services.scheduler.triggers.firing import Firing
from services.scheduler.triggers.kinds import TriggerKind
from services.scheduler.triggers.launching import Launcher
from services.scheduler.triggers.model import Kind
from services.scheduler.triggers.rpc import registration
from services.scheduler.triggers.schedule_kind import ScheduleKind

if TYPE_CHECKING:
    from services.scheduler.compose import Core


def make_launcher(core: "Core", licence: Licence) -> Launcher:
    """Whatever fires in this process shares it."""
    return Launcher(core.bells, licence, retry_lease_seconds=core.settings.retry_lease_seconds)


def trigger_registration(
    core: "Core", submissions: Submissions, licence: Licence, webhooks: TriggerKind
) -> Registration:
    """TriggerService."""
    launcher = make_launcher(core, licence)
    by_hand = ByHand(core.pool, core.outbox, submissions, launcher)
    kinds = {Kind.SCHEDULE: ScheduleKind(), Kind.WEBHOOK: webhooks}
    return registration(core.pool, core.outbox, kinds, by_hand, licence)


def make_firing(core: "Core", launcher: Launcher) -> Firing:
    """The turn that fires what is due."""
    interventions = Interventions(core.pool, core.bells, core.courier, core.outbox)
    return Firing(core.pool, launcher, interventions.stop)

"""Puts the parts of webhooks together, for the process that serves RPCs and for the loops."""

from typing import TYPE_CHECKING

from services.kit.rpc_server import Registration
from services.scheduler.executions.use_cases import Submissions
from services.scheduler.expressions.evaluator import Evaluator
from services.scheduler.settings import SchedulerSettings
from services.scheduler.webhooks.deliveries import Deliveries
from services.scheduler.webhooks.inbox import Inbox
from services.scheduler.webhooks.kind import WebhookKind
from services.scheduler.webhooks.launching import Launcher
from services.scheduler.webhooks.rejections import Rejections
from services.scheduler.webhooks.release import DeliveryReleaser
from services.scheduler.webhooks.rpc import WebhookServicer, registration

if TYPE_CHECKING:
    from services.scheduler.compose import Core


def webhook_kind(settings: SchedulerSettings) -> WebhookKind:
    """What TriggerService asks about webhooks. Raises VAULT_KEY_INVALID without a vault key."""
    return WebhookKind(settings.sealer, previous_seconds=settings.previous_secret_seconds)


def webhook_registration(core: "Core", submissions: Submissions, evaluator: Evaluator) -> Registration:
    """WebhookService. Raises VAULT_KEY_INVALID without a vault key."""
    settings = core.settings
    kind = webhook_kind(settings)
    launcher = Launcher(retry_lease_seconds=settings.retry_lease_seconds)
    rejections = Rejections(core.pool)
    inbox = Inbox(
        core.pool, settings.sealer, submissions, launcher, evaluator, rejections, rate_limit=settings.rate_hook
    )
    deliveries = Deliveries(core.pool, submissions, core.outbox)
    return registration(WebhookServicer(core.pool, inbox, deliveries, rejections, kind))


def delivery_releaser(core: "Core", submissions: Submissions) -> DeliveryReleaser:
    """What the breakers' loop asks to let held deliveries go."""
    return DeliveryReleaser(submissions, Launcher(retry_lease_seconds=core.settings.retry_lease_seconds))

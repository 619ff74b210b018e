"""Puts the scheduler's processes together: what all three share, and the RPC servicers of the first."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from exekra.scheduler.v1 import (
    dispatch_service_pb2,
    dispatch_service_pb2_grpc,
    execution_service_pb2,
    execution_service_pb2_grpc,
)
from services.kit.loops import every
from services.kit.outbox import Outbox
from services.kit.postgres import open_pool
from services.kit.rpc_client import open_channel
from services.kit.rpc_server import Registration
from services.kit.serve import Parts
from services.scheduler.calendars.compose import calendar_registration
from services.scheduler.continuations.approvals import Approvals
from services.scheduler.continuations.debugging import Debugging
from services.scheduler.continuations.fetching import Fetching
from services.scheduler.continuations.retries import Retries
from services.scheduler.continuations.rpc import registrations as continuation_registrations
from services.scheduler.delivery.compose import delivery_registration, open_sender
from services.scheduler.evidence.compose import compose_evidence
from services.scheduler.executions.bells import Bells
from services.scheduler.executions.bulk import Bulk
from services.scheduler.executions.bulk_requests import BulkRequests
from services.scheduler.executions.dispatch import Dispatcher
from services.scheduler.executions.interventions import Interventions
from services.scheduler.executions.licence import Licence
from services.scheduler.executions.licence_bell import registration as license_change_registration
from services.scheduler.executions.link import DispatchServicer
from services.scheduler.executions.offers import Courier
from services.scheduler.executions.repository.dispatch import save_timing
from services.scheduler.executions.ringer import Ringer
from services.scheduler.executions.rpc import ExecutionServicer
from services.scheduler.executions.use_cases import Submissions
from services.scheduler.expressions.evaluator import Evaluator
from services.scheduler.expressions.rpc import registration as expression_registration
from services.scheduler.notifications.postman import Postman
from services.scheduler.notifications.rpc import notification_registration
from services.scheduler.outcomes.rpc import registration as outcome_registration
from services.scheduler.queues.rpc import registration as queue_registration
from services.scheduler.queues.runner_rpc import runner_registration as work_item_registration
from services.scheduler.settings import SchedulerSettings
from services.scheduler.triggers.compose import trigger_registration
from services.scheduler.variables.repository import read_values
from services.scheduler.variables.rpc import registration as variable_registration
from services.scheduler.vault.rpc import registration as credential_registration
from services.scheduler.vault.runner_rpc import vault_registration
from services.scheduler.webhooks.compose import webhook_kind, webhook_registration
from services.scheduler.worker.queue import ArqDoorbell, connect
from services.scheduler.workflows.rpc import registration as workflow_registration

if TYPE_CHECKING:
    from services.kit.postgres import Pool


LINK_CONNECTIONS = 4
"""A Link works on one batch at a time; others touch its registry's row and read loads."""


@dataclass(frozen=True, slots=True)
class Core:
    """What every process of the scheduler needs to change executions and tell others of it."""

    settings: SchedulerSettings
    pool: "Pool"
    ringer: Ringer
    courier: Courier
    dispatcher: Dispatcher
    bells: Bells
    outbox: Outbox

    def background(self, stop: asyncio.Event) -> Sequence[Callable[[], Awaitable[object]]]:
        """What has to run beside whatever uses the core."""
        seconds = self.settings.outbox_seconds
        return [
            partial(self.ringer.run, stop),
            partial(self.bells.run, stop),
            partial(every, seconds, self.outbox.push, stop=stop, wake=self.outbox.wake, name="outbox"),
        ]


@asynccontextmanager
async def open_core(settings: SchedulerSettings) -> AsyncIterator[Core]:
    """Connects to Postgres, and lazily to everything else."""
    dsn = settings.database_url.get_secret_value()
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(dsn, "scheduler", maximum=settings.pool_size))
        async with pool.acquire() as connection:
            await save_timing(connection, settings.timing)
        audit = await stack.enter_async_context(
            open_channel(settings.audit_address, caller="scheduler", internal_tls=settings.internal_tls)
        )
        ringer = Ringer(dsn)
        courier = await stack.enter_async_context(Courier(pool, internal_tls=settings.internal_tls))
        dispatcher = Dispatcher(pool, courier, ringer)
        doorbell = None
        if settings.redis is not None:
            redis = connect(settings.redis)
            stack.push_async_callback(redis.aclose, close_connection_pool=True)
            doorbell = ArqDoorbell(redis)
        bells = Bells(ringer=ringer, claim_here=dispatcher.run, carry=dispatcher.deliver, doorbell=doorbell)
        yield Core(settings, pool, ringer, courier, dispatcher, bells, Outbox("scheduler", pool, audit))


@asynccontextmanager
async def compose_scheduler(settings: SchedulerSettings, stop: asyncio.Event) -> AsyncIterator[Parts]:
    """The process that serves RPCs."""
    dsn = settings.database_url.get_secret_value()
    async with (
        open_core(settings) as core,
        open_pool(dsn, "scheduler", maximum=LINK_CONNECTIONS, keeps_plans=True) as link_pool,
        open_channel(settings.license_address, caller="scheduler", internal_tls=settings.internal_tls) as license_,
        open_sender(settings) as sender,
        Evaluator() as filters,
        Evaluator() as previews,
    ):
        licence = Licence(core.pool, license_)
        submissions = make_submissions(core, licence)
        evidence = compose_evidence(core.pool, dsn, settings.home, stop, settings.artifact_max_bytes)
        yield Parts(
            registrations=[
                workflow_registration(core.pool, core.outbox, licence.require_editing),
                *execution_registrations(core, link_pool, submissions, stop),
                *evidence.registrations,
                *continuation_registrations(make_approvals(core), Fetching(core.pool, evidence.artifacts)),
                variable_registration(core.pool, core.outbox),
                calendar_registration(core.pool, core.outbox, settings),
                outcome_registration(core.pool, core.outbox),
                trigger_registration(core, submissions, licence, webhook_kind(settings)),
                license_change_registration(licence, core.bells),
                webhook_registration(core, submissions, filters),
                expression_registration(previews, partial(read_values, core.pool)),
                queue_registration(core.pool, core.outbox),
                work_item_registration(core.pool),
                credential_registration(core.pool, settings.sealer, core.outbox),
                vault_registration(core.pool, settings.sealer, core.outbox),
                delivery_registration(core.pool, core.outbox, sender, settings),
                notification_registration(
                    core.pool, core.outbox, Postman(core.pool, settings.mail_server, settings.public_url)
                ),
            ],
            background=[*core.background(stop), partial(evidence.bell.run, stop)],
        )


def make_submissions(core: Core, licence: Licence) -> Submissions:
    """Whatever accepts work in this process shares it."""
    return Submissions(
        core.pool,
        core.bells,
        licence,
        core.outbox,
        retry_lease_seconds=core.settings.retry_lease_seconds,
    )


def make_approvals(core: Core) -> Approvals:
    """For whoever decides them, people and the clock."""
    return Approvals(core.pool, core.bells, core.outbox)


def execution_registrations(
    core: Core, link_pool: "Pool", submissions: Submissions, stop: asyncio.Event
) -> list[Registration]:
    """ExecutionService and DispatchService; the Link of each registry process has `link_pool` for its transactions."""
    interventions = Interventions(core.pool, core.bells, core.courier, core.outbox)
    retries = Retries(core.pool, submissions)
    debugging = Debugging(core.pool, core.courier, core.outbox)
    bulk = BulkRequests(core.pool, Bulk(core.pool, interventions, retries))
    return [
        Registration(
            execution_service_pb2_grpc.add_ExecutionServiceServicer_to_server,
            ExecutionServicer(core.pool, submissions, retries, interventions, debugging, bulk),
            execution_service_pb2.DESCRIPTOR.services_by_name["ExecutionService"],
        ),
        Registration(
            dispatch_service_pb2_grpc.add_DispatchServiceServicer_to_server,
            DispatchServicer(
                link_pool,
                core.bells,
                stop,
                next_heartbeat_seconds=core.settings.heartbeat_seconds,
                link_touch_seconds=core.settings.link_touch_seconds,
            ),
            dispatch_service_pb2.DESCRIPTOR.services_by_name["DispatchService"],
        ),
    ]

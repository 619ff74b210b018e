"""What a licence near and past its end does to the scheduler: a real license service whose clock is set."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from exekra.scheduler.v1 import license_change_service_pb2 as change_pb
from exekra.scheduler.v1 import trigger_service_pb2 as trigger_pb
from exekra.scheduler.v1 import workflow_service_pb2 as workflow_pb
from exekra.scheduler.v1.trigger_pb2 import ScheduleSpec
from services.kit.errors import DomainError
from services.kit.rpc_client import open_channel
from services.kit.rpc_server import grpc_server
from services.license.library import Library
from services.license.rpc import registration
from services.license.use_cases import Licensing
from services.scheduler.compose import make_submissions
from services.scheduler.executions.licence import Licence
from services.scheduler.executions.licence_bell import LicenseChangeServicer
from services.scheduler.triggers.by_hand import ByHand
from services.scheduler.triggers.compose import make_launcher
from services.scheduler.triggers.model import Kind
from services.scheduler.triggers.rpc import TriggerServicer
from services.scheduler.triggers.schedule_kind import ScheduleKind
from tests.integration.scheduler.executions.conftest import Scheduler
from tests.licences import SetClock, licence, open_library

EVENTS = "SELECT type FROM outgoing_event WHERE subject_kind = 'license' ORDER BY at, seq"


@pytest.fixture
async def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def library(scheduler: Scheduler, clock: SetClock) -> AsyncIterator[Library]:
    """In the place of the scheduler's license service."""
    await scheduler.license.aclose()
    async with AsyncExitStack() as stack:
        library, pool = await stack.enter_async_context(open_library(scheduler.database, clock))
        served = grpc_server([registration(Licensing(pool, library))], scheduler.settings.license_address)
        await stack.enter_async_context(served)
        await library.install(licence(limits={"runners": 5, "concurrentExecutions": 3}))
        yield library


@pytest.fixture
async def verdicts(scheduler: Scheduler, library: Library) -> AsyncIterator[Licence]:
    """Those of another process of the scheduler."""
    assert library
    async with open_channel(scheduler.settings.license_address, caller="scheduler") as channel:
        yield Licence(scheduler.core.pool, channel)


def triggers(scheduler: Scheduler, verdicts: Licence) -> TriggerServicer:
    core = scheduler.core
    by_hand = ByHand(core.pool, core.outbox, make_submissions(core, verdicts), make_launcher(core, verdicts))
    return TriggerServicer(core.pool, core.outbox, {Kind.SCHEDULE: ScheduleKind()}, by_hand, verdicts)


def nightly(workflow_id: str, name: str) -> trigger_pb.CreateTriggerRequest:
    return trigger_pb.CreateTriggerRequest(
        workflow_id=workflow_id, name=name, schedule=ScheduleSpec(cron="0 3 * * *", timezone="UTC")
    )


async def test_frozen_nothing_can_be_added_or_edited_and_work_goes_on(
    scheduler: Scheduler, verdicts: Licence, clock: SetClock
) -> None:
    workflow_id = await scheduler.workflow()
    service = triggers(scheduler, verdicts)
    kept = (await service.CreateTrigger(nightly(workflow_id, "Kept"), None)).trigger
    clock.pass_(days=120)
    await verdicts.refresh()
    with pytest.raises(DomainError) as refused:
        await service.CreateTrigger(nightly(workflow_id, "One more"), None)
    assert (refused.value.kind, refused.value.reason) == ("payment", "LICENCE_FROZEN")
    with pytest.raises(DomainError) as refused:
        await verdicts.require_editing()
    assert (refused.value.kind, refused.value.reason) == ("wrong_state", "LICENCE_FROZEN")
    # What is there: it runs, is switched off and on, fired, stopped.
    await verdicts.require()
    runner = await scheduler.runner()
    execution = await scheduler.submit(workflow_id)
    assert (await runner.offer()).attempt.execution_id == execution.id
    assert not (
        await service.DisableTrigger(trigger_pb.DisableTriggerRequest(trigger_id=kept.id), None)
    ).trigger.enabled
    assert (await service.EnableTrigger(trigger_pb.EnableTriggerRequest(trigger_id=kept.id), None)).trigger.enabled
    clock.pass_(days=30)
    await verdicts.refresh()
    await service.CreateTrigger(nightly(workflow_id, "One more"), None)


async def test_frozen_a_workflow_is_neither_made_nor_saved_but_what_was_drafted_can_be_published(
    scheduler: Scheduler, library: Library, clock: SetClock
) -> None:
    assert library
    clock.pass_(days=120)
    calls = {
        scheduler.workflows.CreateWorkflow: workflow_pb.CreateWorkflowRequest(name="New"),
        scheduler.workflows.SaveDraft: workflow_pb.SaveDraftRequest(workflow_id="x", graph_json=b"{}"),
        scheduler.workflows.DuplicateWorkflow: workflow_pb.DuplicateWorkflowRequest(workflow_id="x"),
        scheduler.workflows.ImportWorkflow: workflow_pb.ImportWorkflowRequest(document_json=b"{}"),
    }
    for method, request in calls.items():
        with pytest.raises(DomainError) as refused:
            await scheduler.call(method, request)
        assert refused.value.reason == "LICENCE_FROZEN"
    with pytest.raises(DomainError) as refused:
        await scheduler.call(scheduler.workflows.PublishWorkflow, workflow_pb.PublishWorkflowRequest(workflow_id="x"))
    assert refused.value.reason == "WORKFLOW_NOT_FOUND"


async def test_a_larger_licence_lets_waiting_work_go_as_soon_as_it_is_told_of(
    scheduler: Scheduler, library: Library, verdicts: Licence
) -> None:
    workflow_id = await scheduler.workflow()
    await verdicts.refresh()
    runner = await scheduler.runner(slots=5)
    executions = [await scheduler.submit(workflow_id) for _ in range(5)]
    offers = [await runner.offer() for _ in range(3)]
    assert {offer.attempt.execution_id for offer in offers} == {execution.id for execution in executions[:3]}
    assert await scheduler.status(executions[3]) == "QUEUED"
    await library.install(licence(limits={"runners": 5, "concurrentExecutions": 5}))
    bell = LicenseChangeServicer(verdicts, scheduler.core.bells)
    await bell.TellLicenseChange(change_pb.TellLicenseChangeRequest(), None)
    for execution in executions[3:]:
        await scheduler.reaches(execution, "ASSIGNED")
    # A lower limit takes nobody's work away.
    await library.install(licence(limits={"runners": 5, "concurrentExecutions": 1}))
    await bell.TellLicenseChange(change_pb.TellLicenseChangeRequest(), None)
    await scheduler.core.dispatcher.run()
    assert {await scheduler.status(execution) for execution in executions} == {"ASSIGNED"}


async def test_each_stage_becomes_one_outgoing_event_however_many_processes_ask(
    scheduler: Scheduler, library: Library, verdicts: Licence, clock: SetClock
) -> None:
    await scheduler.tamper("INSERT INTO event_interest (pattern) VALUES ('license.ex%')")
    clock.pass_(days=101)
    await library.watch()
    for _ in range(3):
        await verdicts.refresh()
    assert [row["type"] for row in await scheduler.sql(EVENTS)] == ["license.expiring", "license.expired"]


async def test_the_verdict_on_freezing_outlives_the_license_service(
    scheduler: Scheduler, verdicts: Licence, clock: SetClock
) -> None:
    clock.pass_(days=120)
    await verdicts.refresh()
    async with open_channel(f"unix:{scheduler.settings.home}/nobody.sock", caller="scheduler") as channel:
        alone = Licence(scheduler.core.pool, channel)
        with pytest.raises(DomainError):
            await alone.require_trigger()
        await alone.require()
        await scheduler.tamper("UPDATE licence_verdict SET asked_at = now() - interval '73 hours'")
        forgotten = Licence(scheduler.core.pool, channel)
        await forgotten.require_trigger()
        with pytest.raises(DomainError) as refused:
            await forgotten.require()
        assert refused.value.kind == "unavailable"

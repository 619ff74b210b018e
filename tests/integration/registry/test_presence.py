"""What is known of runners that come, go, fall silent, or sit out a restart of the registry."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from exekra.registry.v1 import runner_pb2
from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import dispatch_service_pb2 as dispatch
from services.registry.settings import RegistrySettings
from tests.integration.registry.conftest import Hub, eventually
from tests.integration.registry.scripted_runner import ending
from tests.integration.registry.scripted_scheduler import OK


async def shown(hub: Hub, runner_id: str) -> Any:
    return (await hub.administer("GetRunner", runner_id=runner_id)).runner


async def connected(hub: Hub, runner_id: str) -> None:
    """Waits until the session is noted, which is after the Welcome."""

    async def noted() -> bool:
        return bool((await shown(hub, runner_id)).connected_at.seconds)

    await eventually(noted)


async def test_a_connected_runner_is_online_with_what_its_machine_said(hub: Hub):
    runner_id, runner = await hub.new_runner()
    hub.scheduler.loads = [dispatch.RunnerLoad(runner_id=runner_id, slots=1, free=1, poll_open=True)]
    await runner.hello()
    await connected(hub, runner_id)
    seen = await shown(hub, runner_id)
    assert (seen.state, seen.free_slots, seen.silent) == (runner_pb2.RUNNER_STATE_ONLINE, 1, False)
    assert (seen.hostname, seen.platform, seen.version) == ("desk-1", "Linux", "0.1.0")
    assert list(seen.capabilities) == ["browser"]


async def test_metrics_are_kept_by_the_minute_and_the_latest_is_shown(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    into_the_minute = hub.clock.now().second
    for seq, (ahead, cpu) in enumerate(((60, 10.0), (90, 30.0), (120, 50.0)), start=1):
        hub.clock.ahead_seconds = ahead - into_the_minute
        metrics = runner_pb2.RunnerMetrics(cpu_percent=cpu, memory_percent=float("nan"), memory_used=2**40)
        await runner.heartbeat.write(pb.HeartbeatRequest(beat=pb.Beat(seq=seq, metrics=metrics)))

        async def written(expected: float = cpu) -> bool:
            return bool((await shown(hub, runner_id)).metrics.cpu_percent == expected)

        await eventually(written)
    listed = (await hub.administer("ListRunnerMetrics", runner_id=runner_id)).items
    assert [(item.cpu_percent, item.memory_percent) for item in listed] == [(30, 0), (50, 0)]
    assert (await shown(hub, runner_id)).metrics.memory_used == 2**40


async def test_a_beat_without_metrics_keeps_the_earlier_ones(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    await runner.beat(1, metrics=runner_pb2.RunnerMetrics(cpu_percent=42))

    async def written() -> bool:
        return bool((await shown(hub, runner_id)).metrics.cpu_percent == 42)

    await eventually(written)
    before = (await shown(hub, runner_id)).last_seen_at.ToDatetime()
    await runner.beat(2)

    async def seen_again() -> bool:
        return bool((await shown(hub, runner_id)).last_seen_at.ToDatetime() > before)

    await eventually(seen_again)
    assert (await shown(hub, runner_id)).metrics.cpu_percent == 42


async def test_a_pause_is_passed_on_and_shown_instead_of_silence(hub: Hub):
    runner_id, runner = await hub.new_runner()
    pause = attempt_pb2.RunnerPause(since=Timestamp(seconds=1_780_000_000), by="anna")
    await runner.hello(pause=pause)
    await runner.beat(1, pause=pause)
    await runner.beat(2)
    assert [call.open_session.pause for call in hub.scheduler.calls("open_session")] == [pause]
    renewals = [call.renew_session for call in hub.scheduler.calls("renew_session")]
    assert [renewal.HasField("pause") for renewal in renewals] == [True, False]
    await connected(hub, runner_id)
    hub.scheduler.loads = [dispatch.RunnerLoad(runner_id=runner_id, slots=1, free=1, pause=pause)]
    seen = await shown(hub, runner_id)
    assert (seen.pause, seen.silent, seen.free_slots) == (pause, False, 0)


@pytest.mark.parametrize(
    ("quiet_seconds", "state", "silent"),
    [
        (64, runner_pb2.RUNNER_STATE_ONLINE, False),
        (66, runner_pb2.RUNNER_STATE_ONLINE, True),
        (121, runner_pb2.RUNNER_STATE_OFFLINE, False),
    ],
)
async def test_a_runner_falls_silent_and_then_goes_offline(
    hub: Hub, quiet_seconds: int, state: runner_pb2.RunnerState, silent: bool
):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    await connected(hub, runner_id)
    async with hub.pool.acquire() as connection:
        await connection.execute(
            "UPDATE presence SET last_seen_at = now() - make_interval(secs => $1)", float(quiet_seconds)
        )
    seen = await shown(hub, runner_id)
    assert (seen.state, seen.silent) == (state, silent)


async def test_nobody_is_offline_early_after_a_restart(hub: Hub, settings: RegistrySettings):
    runner_id, runner = await hub.new_runner()
    other_id, other = await hub.new_runner("long-gone")
    await other.hello()
    await runner.hello()
    for id_ in (runner_id, other_id):
        await connected(hub, id_)
    await hub.stop_registry()
    async with hub.pool.acquire() as connection:
        for id_, seconds in ((runner_id, 600.0), (other_id, 9_000.0)):
            await connection.execute(
                "UPDATE presence SET last_seen_at = now() - make_interval(secs => $2) WHERE runner_id = $1",
                id_,
                seconds,
            )
    await hub.start_registry()
    seen, gone = await shown(hub, runner_id), await shown(hub, other_id)
    assert (seen.state, seen.silent) == (runner_pb2.RUNNER_STATE_ONLINE, False)
    assert gone.state == runner_pb2.RUNNER_STATE_OFFLINE


async def test_an_ending_registry_ends_the_streams_and_closes_the_sessions(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    poll = await runner.poll()
    await eventually(lambda: hub.scheduler.calls("set_poll"))
    await hub.stop_registry()
    assert [(await ending(stream)).reason for stream in (runner.heartbeat, poll)] == ["UNAVAILABLE"] * 2
    (closed,) = hub.scheduler.calls("close_session")
    assert not closed.close_session.goodbye


async def test_a_beat_waits_for_a_scheduler_that_restarts(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    await hub.stop_scheduler()
    for seq in (1, 2, 3):
        await runner.heartbeat.write(pb.HeartbeatRequest(beat=pb.Beat(seq=seq)))
    await hub.start_scheduler()
    seqs = [(await runner.heard()).beat_answer.seq]
    while seqs[-1] != 3:
        seqs.append((await runner.heard()).beat_answer.seq)
    assert seqs in ([1, 3], [3], [2, 3], [1, 2, 3])


async def test_a_finish_waits_for_a_scheduler_that_restarts(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    await hub.stop_scheduler()
    record = attempt_pb2.FinishRecord(attempt=attempt_pb2.AttemptRef(attempt_id="a1"))
    waiting = runner.stub.Finish(pb.FinishRequest(epoch=1, record=record), metadata=runner.metadata)
    await hub.start_scheduler()
    assert (await waiting).answer == OK


async def test_a_session_token_is_renewed_on_the_stream_before_it_ends(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    await runner.beat(1)
    hub.clock.ahead_seconds = 400
    await runner.heartbeat.write(pb.HeartbeatRequest(beat=pb.Beat(seq=2)))
    messages = [await runner.heard(), await runner.heard()]
    (renewed,) = [m.token_renewed for m in messages if m.HasField("token_renewed")]
    assert renewed.expires_at.ToDatetime(tzinfo=UTC) > datetime.now(UTC)
    runner.metadata = (("authorization", f"Bearer {renewed.session_token}"),)
    stream = await runner.poll()
    await eventually(lambda: hub.scheduler.calls("set_poll"))
    stream.cancel()

import asyncio
from pathlib import Path

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import attempt_pb2 as apb
from tests.integration.runner.agent import graphs
from tests.integration.runner.agent.hub import ScriptedHub
from tests.integration.runner.agent.processes import LocalAgent


async def test_work_goes_on_while_the_hub_is_away_and_is_told_when_it_is_back(
    hub: ScriptedHub, local: LocalAgent
) -> None:
    await local.start()
    attempt = await hub.offer(graphs.chain(graphs.say("before"), graphs.delay(0.5), graphs.say("after", "say2")))
    await hub.until(lambda: attempt.log_lines)
    port = int(hub.address.rpartition(":")[2])
    await hub.stop()
    await hub.start(port)
    record = await hub.finished(attempt)
    assert record.outcome == apb.OUTCOME_OK
    assert attempt.hello_phases in ([(apb.ATTEMPT_PHASE_BEGUN, True)], [(apb.ATTEMPT_PHASE_FINISHED, False)])
    assert attempt.dense() == (record.node_events, record.log_lines)
    assert hub.hellos[0].boot_id == hub.hellos[1].boot_id


async def test_a_lost_answer_to_the_acknowledgement_is_asked_again(
    hub: ScriptedHub, local: LocalAgent, tmp_path: Path
) -> None:
    hub.faults.lose_acknowledge_answers = 2
    await local.start(intervals_file=tmp_path / "intervals")
    attempt = await hub.offer(graphs.short())
    await hub.finished(attempt)
    assert hub.calls["Acknowledge"] == 3
    assert (tmp_path / "intervals").read_text().count('"begin"') == 1


async def test_a_lost_answer_to_the_finish_is_asked_again(hub: ScriptedHub, local: LocalAgent) -> None:
    hub.faults.lose_finish_answers = 1
    await local.start()
    attempt = await hub.offer(graphs.short())
    await hub.until(lambda: hub.calls["Finish"] == 2)
    assert attempt.answers == [apb.ANSWER_OK, apb.ANSWER_DUPLICATE_OK]


async def test_a_stale_session_is_renewed_and_the_message_sent_again(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    attempt = hub.make_offer(graphs.short())
    await hub.until(lambda: hub.polls)
    hub.faults.stale_session_answers = 1
    await hub.push(attempt)
    await hub.until(lambda: len(hub.hellos) == 2)
    assert attempt.hello_phases == [(apb.ATTEMPT_PHASE_ACCEPTED, True)]
    assert (await hub.finished(attempt)).outcome == apb.OUTCOME_OK
    assert hub.calls["Acknowledge"] == 2


async def test_an_answer_that_a_hello_overtook_starts_nothing(
    hub: ScriptedHub, local: LocalAgent, tmp_path: Path
) -> None:
    """The Hub took the acknowledgement, its answer was lost with the session, and the Hello said `accepted`."""
    hub.faults.lose_acknowledge_answers = 1
    hub.faults.give_away_accepted = True
    await local.start(intervals_file=tmp_path / "intervals", backoff_seconds="2")
    attempt = await hub.offer(graphs.short())
    await hub.until(lambda: hub.calls["Acknowledge"] == 1)
    port = int(hub.address.rpartition(":")[2])
    await hub.stop()
    await hub.start(port)
    await hub.until(lambda: len(hub.hellos) == 2)
    await hub.until(lambda: hub.beats and hub.epoch == 2 and not hub.beats[-1].attempts)
    assert not (tmp_path / "intervals").exists()
    assert not attempt.finishes


async def test_the_hub_hears_of_a_refused_secret_and_the_runner_keeps_trying(
    hub: ScriptedHub, local: LocalAgent
) -> None:
    await local.start(machine_secret="old")
    await hub.until(lambda: hub.calls["Authenticate"] >= 3)
    assert not hub.hellos


async def test_a_ping_is_answered_and_a_new_token_used(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    await hub.send(pb.HeartbeatResponse(ping=pb.Ping(nonce=7)))
    await hub.send(pb.HeartbeatResponse(token_renewed=pb.TokenRenewed(session_token="fresh")))
    await hub.until(lambda: hub.calls["Pong"])
    attempt = await hub.offer(graphs.short())
    await hub.finished(attempt)


async def test_a_drained_runner_offers_no_slot_until_the_drain_ends(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start()
    await hub.until(lambda: hub.polls and hub.polls[-1].free_slots == 1)
    await hub.send(pb.HeartbeatResponse(drain=pb.Drain(draining=True)))
    await hub.until(lambda: not hub.polled)
    assert hub.polls[-1].free_slots == 0
    await hub.send(pb.HeartbeatResponse(drain=pb.Drain(draining=False)))
    await hub.until(lambda: hub.polled)
    assert (await hub.finished(await hub.offer(graphs.short()))).outcome == apb.OUTCOME_OK


async def test_a_hub_that_does_not_answer_heartbeats_is_left_and_joined_again(
    hub: ScriptedHub, local: LocalAgent
) -> None:
    hub.faults.silent_beats = True
    await local.start(silence_seconds="0.5")
    await hub.until(lambda: len(hub.hellos) >= 2)


async def test_a_restored_hub_is_told_the_kept_results_again(hub: ScriptedHub, local: LocalAgent) -> None:
    await local.start(journal_rewrite_bytes=1)
    attempt = await hub.offer(graphs.short())
    await hub.finished(attempt)
    await hub.until(lambda: hub.calls["Beat"] >= 8)  # housekeeping has moved the result out of the journal
    digest = attempt.finish.digest
    attempt.finishes.clear()
    attempt.status = "running"
    hub.incarnation = "restored"
    port = int(hub.address.rpartition(":")[2])
    await hub.stop()
    await hub.start(port)
    assert (await hub.finished(attempt)).digest == digest


async def test_twenty_slots_run_beside_each_other(hub: ScriptedHub, local: LocalAgent) -> None:
    hub.slots = 20
    await local.start()
    attempts = [hub.make_offer(graphs.chain(graphs.delay(0.3), graphs.say("done"))) for _ in range(20)]
    await hub.push(*attempts)
    records = await asyncio.gather(*(hub.finished(attempt) for attempt in attempts))
    assert {record.outcome for record in records} == {apb.OUTCOME_OK}
    for attempt, record in zip(attempts, records, strict=True):
        assert attempt.dense() == (record.node_events, record.log_lines)


async def test_an_agent_leaves_though_its_session_broke_in_the_middle_of_a_question(
    hub: ScriptedHub, local: LocalAgent
) -> None:
    hub.faults.hold_declarations = True
    await local.start()
    await hub.until(lambda: hub.calls["DeclareNodeTypes"])
    await hub.stop()
    async with asyncio.timeout(30):
        await local.end()
    await hub.start()

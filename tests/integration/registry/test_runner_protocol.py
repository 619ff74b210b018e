"""The runner protocol over real TLS: what a runner is answered, and what reaches the scheduler."""

import asyncio

import pytest

from exekra.registry.v1 import runner_pb2, session_service_pb2
from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import attempt_pb2
from exekra.scheduler.v1 import dispatch_service_pb2 as dispatch
from services.kit.errors import DomainError, Kind
from services.kit.rpc_client import call_metadata
from tests.integration.registry.conftest import Hub, eventually
from tests.integration.registry.scripted_runner import ending, read
from tests.integration.registry.scripted_scheduler import OK, offer

ATTEMPT = attempt_pb2.AttemptRef(execution_id="e1", attempt_id="a1")


async def push(hub: Hub, *pushes: session_service_pb2.RunnerPush) -> list[bool]:
    stream = hub.push.Push(metadata=call_metadata("scheduler"))
    await stream.write(session_service_pb2.PushRequest(id=7, pushes=pushes))
    response = await stream.read()
    assert response.id == 7
    await stream.done_writing()
    return list(response.written)


async def test_key_and_secret_give_a_session_token(hub: Hub):
    runner_id, runner = await hub.new_runner(labels=["finance"], slots=3)
    answer = await runner.authenticate()
    assert (answer.runner_id, answer.name, answer.protocol) == (runner_id, "runner-1", 1)
    assert (list(answer.labels), answer.slots) == (["finance"], 3)
    assert answer.expires_at.ToDatetime().timestamp() > 0


@pytest.mark.parametrize(("key", "secret"), [("", "wrong"), ("mk_" + "0" * 24, ""), ("mk_\x00", "")])
async def test_an_unknown_key_and_a_wrong_secret_are_answered_alike(hub: Hub, key: str, secret: str):
    _, runner = await hub.new_runner()
    runner.machine_key, runner.machine_secret = key or runner.machine_key, secret or runner.machine_secret
    with pytest.raises(DomainError) as refused:
        await runner.authenticate()
    assert (refused.value.kind, refused.value.reason) == (Kind.UNAUTHENTICATED, "CREDENTIALS_INVALID")
    assert "runner.refused" in await hub.actions()


async def test_the_same_refusal_is_recorded_once(hub: Hub):
    _, runner = await hub.new_runner()
    runner.machine_secret = "wrong"
    for _ in range(5):
        with pytest.raises(DomainError):
            await runner.authenticate()
    assert (await hub.actions()).count("runner.refused") == 1


async def test_a_runner_older_than_the_protocol_is_told_so(hub: Hub):
    _, runner = await hub.new_runner()
    with pytest.raises(DomainError) as refused:
        await runner.authenticate(protocol=0)
    assert refused.value.reason == "PROTOCOL_UNSUPPORTED"


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer AAAA", "Basic eDp5"])
async def test_a_call_without_a_valid_token_is_refused(hub: Hub, token: str):
    _, runner = await hub.new_runner()
    runner.metadata = (("authorization", token),) if token else (("x", "y"),)
    for method, request in (
        (runner.stub.Decline, pb.DeclineRequest(attempt=ATTEMPT, epoch=1)),
        (runner.stub.Finish, pb.FinishRequest(epoch=1)),
    ):
        with pytest.raises(DomainError) as refused:
            await runner.call(method, request)
        assert refused.value.reason == "UNAUTHENTICATED"
    with pytest.raises(DomainError) as refused:
        await runner.acknowledge(pb.AcknowledgeRequest(attempt=ATTEMPT, epoch=1))
    assert refused.value.reason == "UNAUTHENTICATED"


async def test_hello_opens_a_session_at_the_scheduler_and_is_welcomed(hub: Hub):
    runner_id, runner = await hub.new_runner(labels=["finance"], slots=2)
    held = attempt_pb2.HeldAttempt(attempt=ATTEMPT, phase=attempt_pb2.ATTEMPT_PHASE_BEGUN)
    welcome = await runner.hello(attempts=[held])
    assert (welcome.epoch, welcome.next_heartbeat_seconds, welcome.poll_seconds) == (1, 30, 5)
    (opened,) = hub.scheduler.calls("open_session")
    assert (opened.runner_id, opened.epoch) == (runner_id, 0)
    told = opened.open_session
    assert (told.boot_id, told.runner_name, list(told.labels), told.slots) == ("boot-1", "runner-1", ["finance"], 2)
    assert (list(told.capabilities), list(told.attempts)) == (["browser"], [held])


async def test_a_stream_that_does_not_begin_with_hello_is_refused(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.authenticate()
    stream = runner.stub.Heartbeat(metadata=runner.metadata)
    await stream.write(pb.HeartbeatRequest(beat=pb.Beat(seq=1)))
    assert (await ending(stream)).kind is Kind.INVALID


async def test_a_beat_is_answered_after_the_scheduler_renewed(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    answer = await runner.beat(7, attempts=[attempt_pb2.HeldAttempt(attempt=ATTEMPT)])
    assert (answer.seq, answer.next_heartbeat_seconds) == (7, 30)
    assert answer.instructions[0].lease_seconds == 100
    assert hub.scheduler.calls("renew_session")[0].epoch == 1


async def test_a_session_that_the_scheduler_calls_stale_is_ended(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    renewed = dispatch.SessionRenewed(answer=attempt_pb2.ANSWER_STALE_SESSION)
    hub.scheduler.script["renew_session"] = lambda _: dispatch.RunnerReply(session_renewed=renewed)
    await runner.heartbeat.write(pb.HeartbeatRequest(beat=pb.Beat(seq=1)))
    assert (await ending(runner.heartbeat)).reason == "STALE_SESSION"


async def test_a_poll_tells_free_slots_and_its_reply_carries_offers(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    poll_set = dispatch.PollSet(answer=OK, offers=[offer()])
    hub.scheduler.script["set_poll"] = lambda _: dispatch.RunnerReply(poll_set=poll_set)
    stream = await runner.poll(free=4)
    assert [o.attempt.attempt_id for o in (await read(stream)).offers] == ["a1"]
    told = hub.scheduler.calls("set_poll")[0]
    assert (told.epoch, told.set_poll.open, told.set_poll.free) == (1, True, 4)


async def test_a_poll_of_an_older_session_is_ended(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    runner.epoch = 99
    assert (await ending(await runner.poll())).reason == "STALE_SESSION"


async def test_an_offer_is_pushed_as_soon_as_it_exists(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    stream = await runner.poll()
    await eventually(lambda: hub.scheduler.calls("set_poll"))
    pushes = [session_service_pb2.RunnerPush(runner_id=runner_id, epoch=1, offer=offer(f"a{n}")) for n in range(5)]
    assert await push(hub, *pushes) == [True] * 5
    assert [(await read(stream)).offers[0].attempt.attempt_id for _ in range(5)] == [f"a{n}" for n in range(5)]


async def test_a_push_that_cannot_be_written_says_so(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    pushes = [
        session_service_pb2.RunnerPush(runner_id=runner_id, epoch=1, offer=offer()),  # no poll stream
        session_service_pb2.RunnerPush(runner_id=runner_id, epoch=2, offer=offer()),
        session_service_pb2.RunnerPush(runner_id="nobody", epoch=1, offer=offer()),
    ]
    assert await push(hub, *pushes) == [False, False, False]


async def test_an_instruction_is_pushed_on_the_heartbeat_stream(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    stop = attempt_pb2.AttemptInstruction(attempt=ATTEMPT, order=attempt_pb2.ATTEMPT_ORDER_STOP)
    assert await push(hub, session_service_pb2.RunnerPush(runner_id=runner_id, epoch=1, instruction=stop)) == [True]
    assert list((await runner.heard()).instructions.instructions) == [stop]


async def test_acknowledge_decline_and_finish_pass_through(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    finished = dispatch.Finished(answer=OK, offers=[offer("a2")], node_seq=3, log_seq=9)
    hub.scheduler.script["finish"] = lambda _: dispatch.RunnerReply(finished=finished)
    acknowledged = await runner.acknowledge(pb.AcknowledgeRequest(attempt=ATTEMPT, epoch=1))
    declined = await runner.call(runner.stub.Decline, pb.DeclineRequest(attempt=ATTEMPT, epoch=1, reason="DISK_FULL"))
    record = attempt_pb2.FinishRecord(attempt=ATTEMPT, outcome=attempt_pb2.OUTCOME_OK, digest="d")
    answer = await runner.call(runner.stub.Finish, pb.FinishRequest(epoch=1, record=record))
    assert (acknowledged.answer, declined.answer, answer.answer) == (OK, OK, OK)
    assert (answer.offers[0].attempt.attempt_id, answer.node_seq, answer.log_seq) == ("a2", 3, 9)
    (told,) = hub.scheduler.calls("decline")
    assert (told.decline.reason, told.decline.delivered) == ("DISK_FULL", True)
    assert hub.scheduler.calls("finish")[0].finish == record


async def test_a_call_of_an_older_session_is_answered_stale_without_the_scheduler(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    answer = await runner.call(runner.stub.Finish, pb.FinishRequest(epoch=5))
    assert answer.answer == attempt_pb2.ANSWER_STALE_SESSION
    assert hub.scheduler.calls("finish") == []


async def test_reports_are_acknowledged_by_sequence(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    stream = runner.stub.Report(metadata=runner.metadata)
    for seq in range(1, 31):
        batch = attempt_pb2.ReportBatch(attempt=ATTEMPT, node_events=[attempt_pb2.NodeEvent(seq=seq)])
        await stream.write(pb.ReportRequest(epoch=1, batch=batch))
    await stream.done_writing()
    acknowledged = [(await read(stream)).acknowledgement.node_seq for _ in range(30)]
    assert sorted(acknowledged) == list(range(1, 31))
    assert [c.report.node_events[0].seq for c in hub.scheduler.calls("report")] == list(range(1, 31))
    with pytest.raises(EOFError):
        await read(stream)


async def test_goodbye_closes_the_session_and_the_runner_is_offline_at_once(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    poll = await runner.poll()
    await runner.heartbeat.write(pb.HeartbeatRequest(goodbye=pb.Goodbye()))
    with pytest.raises(EOFError):
        await read(runner.heartbeat)
    assert (await ending(poll)).reason == "STALE_SESSION"
    (closed,) = await eventually(lambda: hub.scheduler.calls("close_session"))
    assert closed.close_session.goodbye

    async def offline() -> bool:
        shown = (await hub.administer("GetRunner", runner_id=runner_id)).runner
        return bool(shown.state == runner_pb2.RUNNER_STATE_OFFLINE)

    await eventually(offline)


async def test_a_broken_stream_closes_the_session_without_goodbye(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    runner.heartbeat.cancel()
    (closed,) = await eventually(lambda: hub.scheduler.calls("close_session"))
    assert (closed.epoch, closed.close_session.goodbye) == (1, False)


async def test_a_second_hello_of_the_same_boot_takes_over(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    older = runner.heartbeat
    assert (await runner.hello()).epoch == 2
    assert (await ending(older)).reason == "STALE_SESSION"
    assert (await runner.beat(1)).seq == 1
    assert hub.scheduler.calls("close_session") == []


async def test_another_boot_is_refused_while_the_older_one_answers(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    clone = await hub.machine(runner.machine_key, runner.machine_secret, "boot-2")
    refusal = asyncio.create_task(clone.hello())
    nonce = (await runner.heard()).ping.nonce
    await runner.heartbeat.write(pb.HeartbeatRequest(pong=pb.Pong(nonce=nonce)))
    with pytest.raises(DomainError) as refused:
        await refusal
    assert refused.value.reason == "ALREADY_CONNECTED"
    assert (await hub.administer("GetRunner", runner_id=runner_id)).runner.cloned
    assert "runner.cloned" in await hub.actions()
    assert (await runner.beat(1)).seq == 1


async def test_another_boot_takes_over_from_one_that_is_silent(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    restarted = await hub.machine(runner.machine_key, runner.machine_secret, "boot-2")
    assert (await restarted.hello()).epoch == 2
    assert (await ending(runner.heartbeat)).reason == "STALE_SESSION"


async def test_a_graph_is_fetched_once_and_sent_in_chunks(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    graph = b"x" * 600_000
    hub.scheduler.graphs["abc"] = graph

    async def fetch() -> list[bytes]:
        stream = runner.stub.GetWorkflow(pb.GetWorkflowRequest(graph_sha256="abc"), metadata=runner.metadata)
        return [response.chunk async for response in stream]

    several = await asyncio.gather(*(fetch() for _ in range(5)))
    assert all(b"".join(chunks) == graph for chunks in several)
    assert [len(chunk) for chunk in several[0]] == [262_144, 262_144, 75_712]
    assert hub.scheduler.fetched == ["abc"]


async def test_an_unknown_graph_is_not_found(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    stream = runner.stub.GetWorkflow(pb.GetWorkflowRequest(graph_sha256="none"), metadata=runner.metadata)
    with pytest.raises(DomainError) as refused:
        await read(stream)
    assert refused.value.reason == "VERSION_NOT_FOUND"


async def test_node_types_are_asked_for_by_hash_first(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    ask = pb.DeclareNodeTypesRequest(sha256="h")
    full = pb.DeclareNodeTypesRequest(sha256="h", declarations_json=[b'{"type": "http.request"}'])
    wanted = [(await runner.call(runner.stub.DeclareNodeTypes, r)).wanted for r in (ask, full, ask)]
    assert wanted == [True, False, False]
    assert hub.scheduler.declared == {"h": ["http.request"]}


async def test_a_malformed_declaration_names_its_place(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.hello()
    request = pb.DeclareNodeTypesRequest(sha256="h", declarations_json=[b'{"type": "a"}', b"[]"])
    with pytest.raises(DomainError) as refused:
        await runner.call(runner.stub.DeclareNodeTypes, request)
    assert refused.value.fields[0].pointer == "/declarations/1"


async def test_an_artifact_passes_through_with_the_session_s_runner(hub: Hub):
    runner_id, runner = await hub.new_runner()
    await runner.hello()
    header = attempt_pb2.StoreArtifactHeader(runner_id="somebody else", artifact_id="f1", size=500_000)

    async def messages():
        yield pb.UploadArtifactRequest(header=header)
        for _ in range(5):
            yield pb.UploadArtifactRequest(chunk=b"y" * 100_000)

    response = await runner.call(runner.stub.UploadArtifact, messages())
    assert (response.complete, response.held) == (True, 500_000)
    assert hub.scheduler.artifacts["f1"] == b"y" * 500_000
    assert hub.scheduler.artifact_headers[0].runner_id == runner_id


async def test_resources_need_a_live_session(hub: Hub):
    _, runner = await hub.new_runner()
    await runner.authenticate()
    with pytest.raises(DomainError) as refused:
        await runner.call(runner.stub.DeclareNodeTypes, pb.DeclareNodeTypesRequest(sha256="h"))
    assert refused.value.reason == "STALE_SESSION"

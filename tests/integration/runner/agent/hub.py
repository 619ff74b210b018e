# ruff: noqa: N802 - the methods have the names of the RPCs
"""A scripted Hub: the runner protocol on a real socket with TLS, following the rules of the execution protocol.

It keeps in memory what the real one keeps in Postgres, and lets a test break things on purpose (see `Faults`).
"""

import asyncio
import hashlib
import json
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc

from exekra.kit.v1 import error_pb2
from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.registry.v1.runner_service_pb2_grpc import RunnerServiceServicer, add_RunnerServiceServicer_to_server
from exekra.scheduler.v1 import attempt_pb2 as apb
from tests.integration.runner.agent.attempts import Attempt, Faults
from tests.integration.runner.agent.certificates import make_certificates

SECRET = "machine-secret"
PAIRING_TOKEN = "one-time"


class ScriptedHub(RunnerServiceServicer):
    """See the module. Start with `start`, end with `stop`."""

    def __init__(self, *, slots: int = 1) -> None:
        self.ca, self._chain, self._key = make_certificates()
        self.address = ""
        self.slots = slots
        self.faults = Faults()
        self.attempts: dict[str, Attempt] = {}
        self.graphs: dict[str, bytes] = {}
        self.calls: Counter[str] = Counter()
        self.declines: list[tuple[str, str]] = []
        self.hellos: list[pb.Hello] = []
        self.beats: list[pb.Beat] = []
        self.polls: list[pb.PollRequest] = []
        self.goodbyes = 0
        self.artifacts: dict[str, bytearray] = {}
        self.continuations: dict[str, bytes] = {}
        """By attempt."""
        self.artifact_headers: dict[str, apb.StoreArtifactHeader] = {}
        self.declarations: list[bytes] = []
        self.offers_with_finish: list[Attempt] = []
        self.incarnation = "first"
        self.clock_ahead = timedelta(0)
        """How far the Hub's clock is ahead."""
        self.beat_seconds = 0.2
        self.lease_seconds = 30.0
        self.epoch = 0
        self._heartbeat: Any = None
        self._poll: Any = None
        self._server: grpc.aio.Server | None = None
        self._changed = asyncio.Condition()
        self._telling = asyncio.Lock()

    @property
    def server_chain(self) -> bytes:
        """PEM of the server's certificates and key."""
        return self._chain + self._key

    # -- what tests do ------------------------------------------------------------------------------------------------

    async def start(self, port: int = 0) -> None:
        self._server = grpc.aio.server(options=(("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", 2**24)))
        add_RunnerServiceServicer_to_server(self, self._server)
        credentials = grpc.ssl_server_credentials([(self._key, self._chain)])
        bound = self._server.add_secure_port(f"127.0.0.1:{port}", credentials)
        self.address = f"127.0.0.1:{bound}"
        await self._server.start()

    async def stop(self) -> None:
        assert self._server is not None
        await self._server.stop(0)
        self._heartbeat = self._poll = None

    async def restart(self) -> None:
        port = int(self.address.rpartition(":")[2])
        await self.stop()
        await self.start(port)

    def make_offer(self, graph: dict[str, Any], **fields: Any) -> Attempt:
        content = json.dumps(graph).encode()
        sha256 = hashlib.sha256(content).hexdigest()
        self.graphs[sha256] = content
        defaults: dict[str, Any] = {
            "attempt": apb.AttemptRef(execution_id=str(uuid4()), attempt_id=str(uuid4())),
            "graph_sha256": sha256,
            "inputs_json": b"{}",
            "context_json": b"{}",
            "offer_seconds": 20.0,
            "lease_seconds": self.lease_seconds,
            "attempt_no": 1,
            "run_attempt": 1,
        }
        attempt = Attempt(apb.Offer(**{**defaults, **fields}))
        self.attempts[attempt.id] = attempt
        return attempt

    async def go_on(self, graph: dict[str, Any], continuation: dict[str, Any], **fields: Any) -> Attempt:
        """An offer that does not begin at the beginning."""
        attempt = self.make_offer(graph, continued=True, **fields)
        self.continuations[attempt.id] = json.dumps(continuation).encode()
        await self.push(attempt)
        return attempt

    async def _tell(self, message: pb.HeartbeatResponse) -> None:
        async with self._telling:
            await self._heartbeat.write(message)

    async def push(self, *attempts: Attempt) -> None:
        await self.until(lambda: self._poll is not None)
        now = time.monotonic()
        for attempt in attempts:
            attempt.offered_at = now
        await self._poll.write(pb.PollResponse(offers=[attempt.offer for attempt in attempts]))

    async def offer(self, graph: dict[str, Any], **fields: Any) -> Attempt:
        attempt = self.make_offer(graph, **fields)
        await self.push(attempt)
        return attempt

    async def order(self, attempt: Attempt, order: "apb.AttemptOrder", reason: str = "test") -> None:
        attempt.order = order
        word = apb.AttemptInstruction(attempt=attempt.offer.attempt, order=order, reason=reason)
        await self._tell(pb.HeartbeatResponse(instructions=pb.Instructions(instructions=[word])))

    async def debug(self, attempt: Attempt, action: "apb.DebugAction", **more: Any) -> None:
        word = apb.AttemptInstruction(
            attempt=attempt.offer.attempt,
            order=apb.ATTEMPT_ORDER_DEBUG,
            debug=apb.Debug(action=action, **more),
        )
        await self._tell(pb.HeartbeatResponse(instructions=pb.Instructions(instructions=[word])))

    async def send(self, message: pb.HeartbeatResponse) -> None:
        await self.until(lambda: self._heartbeat is not None)
        await self._tell(message)

    @property
    def polled(self) -> bool:
        """True while the runner's poll stream is open."""
        return self._poll is not None

    async def until(self, condition: Any, seconds: float = 60.0) -> None:
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    async def finished(self, attempt: Attempt, seconds: float = 60.0) -> apb.FinishRecord:
        await self.until(lambda: attempt.finishes, seconds)
        return attempt.finish

    # -- the protocol -------------------------------------------------------------------------------------------------

    async def Pair(self, request: pb.PairRequest, context: Any) -> pb.PairResponse:
        if request.pairing_token != PAIRING_TOKEN:
            await _refuse(context, "PAIRING_TOKEN_INVALID", grpc.StatusCode.UNAUTHENTICATED)
        return pb.PairResponse(runner_id="r1", name="box", machine_key="key", machine_secret=SECRET)

    async def Authenticate(self, request: pb.AuthenticateRequest, context: Any) -> pb.AuthenticateResponse:
        await self._note("Authenticate")
        if request.machine_secret != SECRET:
            await _refuse(context, "CREDENTIALS_INVALID", grpc.StatusCode.UNAUTHENTICATED)
        answer = pb.AuthenticateResponse(
            session_token="token", runner_id="r1", name="box", protocol=1, slots=self.slots
        )
        answer.answered_at.FromDatetime(datetime.now(UTC) + self.clock_ahead)
        return answer

    async def Heartbeat(self, requests: Any, context: Any) -> None:
        with suppress(asyncio.CancelledError):  # grpc logs the end of a broken stream as an error otherwise
            await self._heartbeats(context)

    async def _heartbeats(self, context: Any) -> None:
        message = await context.read()
        self.hellos.append(message.hello)
        self.epoch += 1
        same_boot = len(self.hellos) > 1 and self.hellos[-2].boot_id == message.hello.boot_id
        instructions = [self._at_hello(held, same_boot) for held in message.hello.attempts]
        self._heartbeat = context
        welcome = pb.Welcome(
            epoch=self.epoch,
            instructions=instructions,
            next_heartbeat_seconds=self.beat_seconds,
            poll_seconds=0.5,
            hub_incarnation=self.incarnation,
        )
        await self._tell(pb.HeartbeatResponse(welcome=welcome))
        await self._note("Hello")
        while (message := await context.read()) is not grpc.aio.EOF:
            if message.HasField("goodbye"):
                self.goodbyes += 1
                await self._note("Goodbye")
                return
            if message.HasField("beat"):
                self.beats.append(message.beat)
                await self._note("Beat")
                if not self.faults.silent_beats:
                    await self._tell(pb.HeartbeatResponse(beat_answer=self._answer_beat(message.beat)))
            else:
                await self._note("Pong")

    async def Poll(self, requests: Any, context: Any) -> None:
        self._poll = context
        try:
            while (message := await context.read()) is not grpc.aio.EOF:
                self.polls.append(message)
                await self._note("Poll")
        except asyncio.CancelledError:
            pass
        finally:
            if self._poll is context:
                self._poll = None
            await self._note("PollEnded")

    async def Acknowledge(self, requests: Any, context: Any) -> None:
        with suppress(asyncio.CancelledError):
            while (request := await context.read()) is not grpc.aio.EOF:
                attempt = self.attempts[request.attempt.attempt_id]
                answer = self._session_answer(request.epoch)
                if answer is None:
                    answer = apb.ANSWER_OK if attempt.status in {"offered", "running"} else apb.ANSWER_STALE_ATTEMPT
                    if attempt.status == "offered":
                        attempt.status = "running"
                await self._note("Acknowledge")
                if self.faults.lose_acknowledge_answers:
                    self.faults.lose_acknowledge_answers -= 1
                    await context.abort(grpc.StatusCode.UNAVAILABLE, "lost")
                await context.write(pb.AcknowledgeResponse(answer=answer, attempt=request.attempt))

    async def Decline(self, request: pb.DeclineRequest, context: Any) -> pb.DeclineResponse:
        self.declines.append((request.attempt.attempt_id, request.reason))
        await self._note("Decline")
        return pb.DeclineResponse(answer=apb.ANSWER_OK)

    async def Report(self, requests: Any, context: Any) -> None:
        with suppress(asyncio.CancelledError):
            await self._reports(context)

    async def _reports(self, context: Any) -> None:
        while (message := await context.read()) is not grpc.aio.EOF:
            await self._note("Report")
            if self.faults.deaf_to_reports:
                continue
            attempt = self.attempts[message.batch.attempt.attempt_id]
            answer = self._session_answer(message.epoch)
            if answer is None:
                attempt.take(message.batch.node_events, message.batch.log_lines)
                answer = apb.ANSWER_OK
            nodes, lines = attempt.dense()
            acknowledgement = apb.ReportAcknowledgement(
                attempt=message.batch.attempt, node_seq=nodes, log_seq=lines, answer=answer
            )
            await context.write(pb.ReportResponse(acknowledgement=acknowledgement))
            await self._note("Reported")

    async def Finish(self, request: pb.FinishRequest, context: Any) -> pb.FinishResponse:
        record = request.record
        attempt = self.attempts[record.attempt.attempt_id]
        await self._note("FinishTold")
        answer = self._session_answer(request.epoch)
        if answer is None:
            if attempt.finishes:
                same = attempt.finish.digest == record.digest
                answer = apb.ANSWER_DUPLICATE_OK if same else apb.ANSWER_STALE_ATTEMPT
            elif attempt.status == "over" and record.outcome != apb.OUTCOME_OK:
                answer = apb.ANSWER_STALE_ATTEMPT
            else:
                answer = apb.ANSWER_LATE_ACCEPTED if attempt.status == "over" else apb.ANSWER_OK
            attempt.take(record.remaining_node_events, record.remaining_log_lines)
            attempt.finishes.append(record)
            attempt.answers.append(answer)
            attempt.status = "finished"
        await self._note("Finish")
        if self.faults.lose_finish_answers:
            self.faults.lose_finish_answers -= 1
            await context.abort(grpc.StatusCode.UNAVAILABLE, "lost")
        nodes, lines = attempt.dense()
        return pb.FinishResponse(answer=answer, node_seq=nodes, log_seq=lines, offers=self._next_offers())

    async def GetWorkflow(self, request: pb.GetWorkflowRequest, context: Any) -> Any:
        await self._note("GetWorkflow")
        content = self.graphs.get(request.graph_sha256)
        if content is None:
            await _refuse(context, "VERSION_NOT_FOUND", grpc.StatusCode.NOT_FOUND)
            return
        for start in range(0, len(content), 100):
            yield pb.GetWorkflowResponse(chunk=content[start : start + 100])

    async def GetContinuation(self, request: pb.GetContinuationRequest, context: Any) -> Any:
        await self._note("GetContinuation")
        content = self.continuations.get(request.attempt.attempt_id)
        if content is None:
            await _refuse(context, "CONTINUATION_GONE", grpc.StatusCode.NOT_FOUND)
            return
        for start in range(0, len(content), 100):
            yield pb.GetContinuationResponse(chunk=content[start : start + 100])

    async def GetArtifact(self, request: pb.GetArtifactRequest, context: Any) -> Any:
        await self._note("GetArtifact")
        content = bytes(self.artifacts[request.artifact_id])
        for start in range(0, len(content), 100_000):
            yield pb.GetArtifactResponse(chunk=content[start : start + 100_000])

    async def DeclareNodeTypes(self, request: pb.DeclareNodeTypesRequest, context: Any) -> pb.DeclareNodeTypesResponse:
        self.declarations.extend(request.declarations_json)
        await self._note("DeclareNodeTypes")
        if self.faults.hold_declarations:
            await asyncio.Event().wait()
        return pb.DeclareNodeTypesResponse(wanted=not self.declarations)

    async def UploadArtifact(self, requests: Any, context: Any) -> pb.UploadArtifactResponse:
        first = await context.read()
        header = first.header
        held = self.artifacts.setdefault(header.artifact_id, bytearray())
        self.artifact_headers[header.artifact_id] = header
        if not header.query_only:
            assert header.offset == len(held)
            while (message := await context.read()) is not grpc.aio.EOF:
                held.extend(message.chunk)
                if self.faults.cut_upload_after and len(held) >= self.faults.cut_upload_after:
                    self.faults.cut_upload_after = 0
                    await context.abort(grpc.StatusCode.UNAVAILABLE, "cut")
        complete = hashlib.sha256(held).hexdigest() == header.sha256
        await self._note("UploadArtifact")
        return pb.UploadArtifactResponse(held=len(held), complete=complete)

    # -- rules --------------------------------------------------------------------------------------------------------

    def _next_offers(self) -> list[apb.Offer]:
        if not self.offers_with_finish:
            return []
        attempt = self.offers_with_finish.pop()
        attempt.offered_at = time.monotonic()
        return [attempt.offer]

    def _session_answer(self, epoch: int) -> "apb.Answer | None":
        if self.faults.stale_session_answers:
            self.faults.stale_session_answers -= 1
            return apb.ANSWER_STALE_SESSION
        return None if epoch == self.epoch else apb.ANSWER_STALE_SESSION

    def _at_hello(self, held: apb.HeldAttempt, same_boot: bool) -> apb.AttemptInstruction:
        attempt = self.attempts.get(held.attempt.attempt_id)
        if attempt is None:
            return apb.AttemptInstruction(attempt=held.attempt, order=apb.ATTEMPT_ORDER_QUARANTINE)
        attempt.hello_phases.append((held.phase, held.alive))
        if held.phase == apb.ATTEMPT_PHASE_FINISHED:
            return apb.AttemptInstruction(attempt=held.attempt, order=apb.ATTEMPT_ORDER_SEND_FINISH)
        not_begun = held.phase == apb.ATTEMPT_PHASE_ACCEPTED and (not same_boot or self.faults.give_away_accepted)
        if not_begun or (held.phase == apb.ATTEMPT_PHASE_BEGUN and not held.alive):
            attempt.status = "over"
        return self._word(attempt)

    def _word(self, attempt: Attempt) -> apb.AttemptInstruction:
        if attempt.status == "over":
            return apb.AttemptInstruction(attempt=attempt.offer.attempt, order=apb.ATTEMPT_ORDER_STOP_NOW)
        lease = attempt.offer.lease_seconds if attempt.status == "running" else 0.0
        return apb.AttemptInstruction(attempt=attempt.offer.attempt, order=attempt.order, lease_seconds=lease)

    def _answer_beat(self, beat: pb.Beat) -> pb.BeatAnswer:
        # As the real Hub: what began and lives no more is left to its lease, and settled at Hello.
        words = [
            self._word(self.attempts[held.attempt.attempt_id])
            for held in beat.attempts
            if held.alive or held.phase != apb.ATTEMPT_PHASE_BEGUN
        ]
        return pb.BeatAnswer(seq=beat.seq, instructions=words, next_heartbeat_seconds=self.beat_seconds)

    async def _note(self, name: str) -> None:
        self.calls[name] += 1
        async with self._changed:
            self._changed.notify_all()


async def _refuse(context: Any, reason: str, code: grpc.StatusCode) -> None:
    detail = error_pb2.ErrorDetail(reason=reason, message=f"{reason} (test)")
    with suppress(grpc.aio.AbortError):
        await context.abort(code, reason, (("exekra-error-bin", detail.SerializeToString()),))
    raise grpc.aio.AbortError

"""A runner reduced to its protocol: calls over TLS, and whatever streams a test wants to hold."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.registry.v1.runner_service_pb2_grpc import RunnerServiceStub
from services.kit.errors import DomainError
from services.kit.rpc_client import from_rpc_error


class ScriptedRunner:
    """One machine."""

    def __init__(
        self, channel: grpc.aio.Channel, machine_key: str, machine_secret: str, boot_id: str = "boot-1"
    ) -> None:
        self.stub: Any = RunnerServiceStub(channel)
        self.machine_key = machine_key
        self.machine_secret = machine_secret
        self.boot_id = boot_id
        self.metadata: tuple[tuple[str, str], ...] = ()
        self.epoch = 0
        self.heartbeat: Any = None

    async def authenticate(self, protocol: int = 1) -> pb.AuthenticateResponse:
        request = pb.AuthenticateRequest(
            machine_key=self.machine_key,
            machine_secret=self.machine_secret,
            protocol=protocol,
            hostname="desk-1",
            platform="Linux",
            version="0.1.0",
        )
        answer: pb.AuthenticateResponse = await self.call(self.stub.Authenticate, request)
        self.metadata = (("authorization", f"Bearer {answer.session_token}"),)
        return answer

    async def call(self, method: Any, request: Any) -> Any:
        """Raises the DomainError the Hub raised."""
        try:
            return await method(request, timeout=60, metadata=self.metadata)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None

    async def acknowledge(self, request: pb.AcknowledgeRequest) -> pb.AcknowledgeResponse:
        """On a stream of its own. Raises as `call` does."""
        stream = self.stub.Acknowledge(metadata=self.metadata)
        try:
            await stream.write(request)
            answer: pb.AcknowledgeResponse = await read(stream)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        await stream.done_writing()
        return answer

    async def hello(self, **fields: Any) -> pb.Welcome:
        """Authenticates if need be, opens the heartbeat stream, and answers the Welcome."""
        if not self.metadata:
            await self.authenticate()
        self.heartbeat = self.stub.Heartbeat(metadata=self.metadata)
        hello = pb.Hello(protocol=1, boot_id=self.boot_id, capabilities=["browser"], version="0.1.0", **fields)
        await self.heartbeat.write(pb.HeartbeatRequest(hello=hello))
        welcome: pb.Welcome = (await self.heard()).welcome
        self.epoch = welcome.epoch
        return welcome

    async def beat(self, seq: int, **fields: Any) -> pb.BeatAnswer:
        await self.heartbeat.write(pb.HeartbeatRequest(beat=pb.Beat(seq=seq, **fields)))
        answer: pb.BeatAnswer = (await self.heard()).beat_answer
        return answer

    async def heard(self) -> pb.HeartbeatResponse:
        """The next message of the heartbeat stream. Raises how it ended."""
        return await read(self.heartbeat)

    async def poll(self, free: int = 1) -> Any:
        """An open poll stream that has told its free slots."""
        stream = self.stub.Poll(metadata=self.metadata)
        await stream.write(pb.PollRequest(epoch=self.epoch, free_slots=free, capabilities=["browser"]))
        return stream


async def read(stream: Any) -> Any:
    """The stream's next message. Raises the DomainError that ended it, EOFError when it ended well."""
    try:
        message = await stream.read()
        if message is not grpc.aio.EOF:
            return message
        if await stream.code() is grpc.StatusCode.OK:
            raise EOFError
        error = grpc.aio.AioRpcError(
            await stream.code(),
            await stream.initial_metadata(),
            await stream.trailing_metadata(),
            await stream.details(),
        )
        raise from_rpc_error(error)
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from None


async def ending(stream: Any) -> DomainError:
    """How the stream ends; messages before that are skipped."""
    while True:
        try:
            await read(stream)
        except DomainError as error:
            return error


@asynccontextmanager
async def channel_to(address: str, ca: bytes) -> AsyncIterator[grpc.aio.Channel]:
    """A connection of its own, trusting the Hub's CA alone."""
    credentials = grpc.ssl_channel_credentials(root_certificates=ca)
    options = (("grpc.use_local_subchannel_pool", 1), ("grpc.initial_reconnect_backoff_ms", 50))
    async with grpc.aio.secure_channel(address, credentials, options=options) as channel:
        yield channel

"""A gateway over HTTPS in this process, on a real Postgres; services that are not under test answer from a script."""

import asyncio
import inspect
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from google.protobuf.descriptor import ServiceDescriptor

from exekra.audit.v1 import audit_service_pb2, audit_service_pb2_grpc
from exekra.license.v1 import license_service_pb2, license_service_pb2_grpc
from exekra.registry.v1 import runner_admin_service_pb2, runner_admin_service_pb2_grpc
from exekra.scheduler.v1 import (
    approval_service_pb2,
    approval_service_pb2_grpc,
    calendar_service_pb2,
    calendar_service_pb2_grpc,
    changes_service_pb2,
    changes_service_pb2_grpc,
    credential_service_pb2,
    credential_service_pb2_grpc,
    event_endpoint_service_pb2,
    event_endpoint_service_pb2_grpc,
    evidence_service_pb2,
    evidence_service_pb2_grpc,
    execution_service_pb2,
    execution_service_pb2_grpc,
    expression_service_pb2,
    expression_service_pb2_grpc,
    notification_rule_service_pb2,
    notification_rule_service_pb2_grpc,
    outcome_service_pb2,
    outcome_service_pb2_grpc,
    trigger_service_pb2,
    trigger_service_pb2_grpc,
    variable_service_pb2,
    variable_service_pb2_grpc,
    webhook_service_pb2,
    webhook_service_pb2_grpc,
    work_queue_service_pb2,
    work_queue_service_pb2_grpc,
    workflow_service_pb2,
    workflow_service_pb2_grpc,
)
from services.gateway.compose import compose
from services.gateway.settings import GatewaySettings
from services.kit.rpc_server import Registration, grpc_server
from services.launcher.authority import ensure_tls

ADMIN = "admin@localhost"
PASSWORD = "a long enough password"

Answer = Callable[[Any], Any]
"""Request in, response (or an async iterator of responses) out."""

SERVICES = {
    "scheduler": (
        (workflow_service_pb2, workflow_service_pb2_grpc, "WorkflowService"),
        (execution_service_pb2, execution_service_pb2_grpc, "ExecutionService"),
        (expression_service_pb2, expression_service_pb2_grpc, "ExpressionService"),
        (evidence_service_pb2, evidence_service_pb2_grpc, "EvidenceService"),
        (changes_service_pb2, changes_service_pb2_grpc, "ChangesService"),
        (approval_service_pb2, approval_service_pb2_grpc, "ApprovalService"),
        (calendar_service_pb2, calendar_service_pb2_grpc, "CalendarService"),
        (credential_service_pb2, credential_service_pb2_grpc, "CredentialService"),
        (variable_service_pb2, variable_service_pb2_grpc, "VariableService"),
        (outcome_service_pb2, outcome_service_pb2_grpc, "OutcomeService"),
        (trigger_service_pb2, trigger_service_pb2_grpc, "TriggerService"),
        (webhook_service_pb2, webhook_service_pb2_grpc, "WebhookService"),
        (work_queue_service_pb2, work_queue_service_pb2_grpc, "WorkQueueService"),
        (event_endpoint_service_pb2, event_endpoint_service_pb2_grpc, "EventEndpointService"),
        (notification_rule_service_pb2, notification_rule_service_pb2_grpc, "NotificationRuleService"),
    ),
    "registry": ((runner_admin_service_pb2, runner_admin_service_pb2_grpc, "RunnerAdminService"),),
    "license": ((license_service_pb2, license_service_pb2_grpc, "LicenseService"),),
    "audit": ((audit_service_pb2, audit_service_pb2_grpc, "AuditService"),),
}


@dataclass
class Script:
    """What scripted RPCs answer, by method name; and the requests they got. Unscripted ones answer an empty message."""

    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[tuple[str, Any]] = field(default_factory=list)

    def last(self, method: str) -> Any:
        """The latest request of this method."""
        return next(request for name, request in reversed(self.requests) if name == method)


def scripted(script: Script, module: Any, grpc_module: Any, name: str) -> Registration:
    """A servicer of every RPC of one service, behind the real interceptor."""
    descriptor: ServiceDescriptor = module.DESCRIPTOR.services_by_name[name]
    methods = {}
    for method in descriptor.methods:
        empty = getattr(module, method.output_type.name)
        if method.server_streaming:
            methods[method.name] = _stream(script, method.name)
        else:
            methods[method.name] = _single(script, method.name, empty)
    servicer = type(name, (), methods)()
    return Registration(getattr(grpc_module, f"add_{name}Servicer_to_server"), servicer, descriptor)


def _single(script: Script, name: str, empty: Any) -> Any:
    async def serve(_self: Any, request: Any, _context: Any) -> Any:
        script.requests.append((name, request))
        return script.answers.get(name, lambda _: empty())(request)

    return serve


def _stream(script: Script, name: str) -> Any:
    async def serve(_self: Any, request: Any, _context: Any) -> Any:
        script.requests.append((name, request))
        async for response in script.answers.get(name, _nothing)(request):
            yield response

    return serve


async def _nothing(_request: Any) -> AsyncIterator[Any]:
    for response in ():
        yield response


@dataclass
class Browser:
    """A client with cookies of its own that trusts the test's CA."""

    session: aiohttp.ClientSession
    url: str
    csrf: str = ""

    async def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, **options: Any
    ) -> "Reply":
        """One request; the CSRF token goes along once signed in."""
        sent = {**({"X-Exekra-Csrf": self.csrf} if self.csrf else {}), **(headers or {})}
        if body is not None:
            options["json"] = body
        async with self.session.request(method, self.url + path, headers=sent, **options) as response:
            content = await response.read()
            is_json = response.content_type.endswith("json") and content
            return Reply(
                response.status, await response.json(content_type=None) if is_json else None, content, response.headers
            )

    async def sign_in(self, email: str = ADMIN, password: str = PASSWORD) -> "Reply":
        """Keeps cookie and CSRF token."""
        self.csrf = ""
        reply = await self.call("POST", "/api/auth/login", {"email": email, "password": password})
        if reply.status == 200:
            self.csrf = reply.body["csrfToken"]
        return reply


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    body: Any
    content: bytes
    headers: Any


@dataclass
class Served:
    """A running gateway."""

    url: str
    script: Script
    settings: GatewaySettings
    authority: Path
    stop: asyncio.Event
    _stack: AsyncExitStack

    async def browser(self) -> Browser:
        """A new client without cookies."""
        context = ssl.create_default_context(cafile=str(self.authority))
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context), cookie_jar=aiohttp.CookieJar(unsafe=True)
        )
        await self._stack.enter_async_context(session)
        return Browser(session, self.url)

    async def admin(self) -> Browser:
        """A new client, signed in as the first administrator."""
        browser = await self.browser()
        reply = await browser.sign_in()
        assert reply.status == 200, reply.body
        return browser

    async def user(self, role: str) -> Browser:
        """A new client, signed in as a new user of this role."""
        admin = await self.admin()
        email = f"{role.lower()}@example.com"
        await admin.call("POST", "/api/users", {"email": email, "role": role, "password": PASSWORD})
        browser = await self.browser()
        reply = await browser.sign_in(email)
        assert reply.status == 200, reply.body
        return browser


@asynccontextmanager
async def serving(
    dsn: str, folder: Path, script: Script | None = None, *, without: tuple[str, ...] = (), **options: Any
) -> AsyncIterator[Served]:
    """A gateway on a free port with its peers."""
    script = script or Script()
    certificates = folder / "tls"
    certificates.mkdir(exist_ok=True)
    tls = ensure_tls(certificates)
    addresses = {f"{peer}_address": f"unix:{folder}/{peer}.sock" for peer in SERVICES}
    settings = GatewaySettings(
        **{
            "home": folder,
            "database_url": dsn,
            "https_host": "127.0.0.1",
            "https_port": 0,
            "tls_certificate": tls.certificate,
            "tls_key": tls.key,
            "ca_certificate": tls.authority,
            "admin_password": PASSWORD,
            "rate_login": 1000,
            "rate_anonymous": 1000,
            "drain_seconds": 3,
            **addresses,
            **options,
        }
    )
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        for peer in SERVICES.keys() - without:
            services = SERVICES[peer]
            registrations = [scripted(script, *service) for service in services]
            await stack.enter_async_context(grpc_server(registrations, addresses[f"{peer}_address"], drain_seconds=0.1))
        ports: list[int] = []
        parts = await stack.enter_async_context(compose(settings, stop, ports.append))
        tasks = [asyncio.create_task(part()) for part in parts.background]
        clients = AsyncExitStack()
        try:
            async with clients:
                yield Served(f"https://127.0.0.1:{ports[0]}", script, settings, tls.authority, stop, clients)
        finally:
            stop.set()
            await asyncio.gather(*tasks)


async def eventually(look: Callable[[], Any], *, seconds: float = 60.0) -> None:
    """Returns once `look` (plain or a coroutine function) answers something true. Raises AssertionError in vain."""
    until = asyncio.get_running_loop().time() + seconds
    while True:
        found = look()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return
        assert asyncio.get_running_loop().time() < until, "waited in vain"
        await asyncio.sleep(0.02)

"""Licence, audit and the dispatch hold: what an administrator answers for."""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from exekra.audit.v1 import audit_service_pb2
from services.gateway.peers import find_method
from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.shapes import PageQuery
from services.gateway.transcoding.fields import ApiModel, BodyModel, Instant, ObjectDocument, Proto, ShortText, Text
from services.gateway.web.request_keys import STREAMING

LICENSE = "exekra.license.v1.LicenseService"
AUDIT = "exekra.audit.v1.AuditService"
EXECUTIONS = "exekra.scheduler.v1.ExecutionService"
EXPORT = find_method(f"{AUDIT}.Export")
EXPORT_SECONDS = 3600.0
VERIFY_SECONDS = 120.0


class LicenseShape(ApiModel):
    """What the installation is entitled to, and what it uses.

    `state`: `community` (none is installed), `valid`, `grace` (it has ended; nothing changes until `graceUntil`),
    `frozen` (until `frozenUntil` no runner or trigger can be added and no workflow edited; work goes on), `expired`
    (the limits of the community edition hold). `problem` says what is wrong and what to do. A licence for this Hub
    alone names `installationId`.
    """

    id: str | None
    edition: str
    customer: str | None
    state: Literal["community", "valid", "grace", "frozen", "expired"] | str
    runner_limit: int
    runners_used: int
    concurrent_executions: int
    features: list[str]
    not_before: datetime | None
    expires_at: datetime | None
    grace_until: datetime | None
    frozen_until: datetime | None
    key_id: str | None
    installed_at: datetime | None
    installed_by: str | None
    installation_id: str | None
    problem: str | None


class LicenseAnswer(ApiModel):
    """The licence in force."""

    license: LicenseShape


class InstallLicense(BodyModel):
    """The text of a `.lic` file, as it is."""

    file: str


class AuditEvent(ApiModel):
    """Who did what to what, when and from where; `hash` chains it to the one before."""

    seq: int
    id: str
    at: datetime
    service: str
    actor_kind: str
    actor_id: str | None
    actor_name: str
    action: str
    resource_kind: str
    resource_id: str | None
    resource_name: str | None
    ip: str | None
    request_id: str | None
    details: ObjectDocument
    hash: str


class AuditPage(ApiModel):
    """Newest first."""

    items: list[AuditEvent]
    next_cursor: str | None


class AuditQuery(PageQuery):
    """Narrowed by who, what and when."""

    actor: ShortText = ""
    action: ShortText = ""
    resource: ShortText = ""
    from_: Annotated[Instant | None, Field(alias="from"), Proto("from")] = None
    to: Instant | None = None


class Verification(ApiModel):
    """`brokenAt` is the first row that does not fit."""

    valid: bool
    checked: int
    broken_at: int | None
    message: str
    head_hash: str


class HoldDispatch(BodyModel):
    """Why: it is shown to whoever wonders."""

    reason: Text = ""


class Held(ApiModel):
    """Nothing more to say."""


class DispatchShape(ApiModel):
    """Whether work is given out: `heldAt` and the reason while it is not.

    `bell` tells how those who assign work are woken: `redis`, `away` (Redis does not answer; work is assigned directly
    meanwhile) or `none` (set up without Redis).
    """

    held: bool
    reason: str | None
    held_by: str | None
    held_at: datetime | None
    bell: Literal["redis", "away", "none"] | str
    database_version: str


class DispatchAnswer(ApiModel):
    """How work is given out."""

    dispatch: DispatchShape


async def export_audit(call: Call) -> web.StreamResponse:
    """All events in order, one JSON object a line."""
    response = web.StreamResponse(
        headers={"Content-Disposition": 'attachment; filename="audit.jsonl"', "Content-Type": "application/jsonl"}
    )
    stream = call.gateway.peers.stream(EXPORT, audit_service_pb2.ExportRequest(), seconds=EXPORT_SECONDS)
    async for part in stream:
        if not response.prepared:
            call.request[STREAMING] = True
            await response.prepare(call.request)
        await response.write(part.lines)
    if not response.prepared:
        await response.prepare(call.request)
    await response.write_eof()
    return response


audit = partial(Route, resource="audit")

ROUTES = (
    Route(
        method="GET",
        path="/license",
        summary="Show the licence",
        resource="license",
        permission="license:view",
        rpc=f"{LICENSE}.GetLicense",
        response=LicenseAnswer,
    ),
    Route(
        method="POST",
        path="/license",
        summary="Install a licence; the one in force already changes nothing",
        resource="license",
        permission="license:install",
        rpc=f"{LICENSE}.InstallLicense",
        request=InstallLicense,
        response=LicenseAnswer,
    ),
    audit(
        method="GET",
        path="/audit",
        summary="List audit events",
        permission="audit:view",
        rpc=f"{AUDIT}.ListEvents",
        query=AuditQuery,
        response=AuditPage,
    ),
    audit(
        method="POST",
        path="/audit/verify",
        summary="Recompute the chain of audit events",
        permission="audit:view",
        rpc=f"{AUDIT}.Verify",
        response=Verification,
        seconds=VERIFY_SECONDS,
    ),
    audit(
        method="GET",
        path="/audit/export",
        summary="Export all audit events as JSON lines",
        permission="audit:export",
        serve=export_audit,
        media_type="application/jsonl",
    ),
    Route(
        method="GET",
        path="/dispatch",
        summary="Show whether work is given out",
        resource="dispatch",
        permission="execution:view",
        rpc=f"{EXECUTIONS}.GetDispatch",
        response=DispatchAnswer,
    ),
    Route(
        method="POST",
        path="/dispatch/hold",
        summary="Assign no work until released; running work goes on",
        resource="dispatch",
        permission="dispatch:hold",
        rpc=f"{EXECUTIONS}.HoldDispatch",
        request=HoldDispatch,
        response=Held,
    ),
    Route(
        method="POST",
        path="/dispatch/release",
        summary="Assign work again",
        resource="dispatch",
        permission="dispatch:hold",
        rpc=f"{EXECUTIONS}.ReleaseDispatch",
        response=Held,
    ),
)

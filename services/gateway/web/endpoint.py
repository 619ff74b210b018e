"""One route at work: admit, read, act, answer. Compiled at start, so what does not fit its RPC never serves."""

from collections.abc import Mapping

from aiohttp import web
from google.protobuf.message import Message
from pydantic import BaseModel

from services.gateway.parts import Gateway
from services.gateway.peers import find_method, permission_of, request_of
from services.gateway.permissions import ANYONE, SIGNED_IN
from services.gateway.routes.declaration import Call, Route
from services.gateway.transcoding.fields import ApiModel
from services.gateway.transcoding.requests import RequestBinder, dump_document
from services.gateway.transcoding.responses import ResponseWriter
from services.gateway.web.admission import admit
from services.gateway.web.bodies import fingerprint, idempotency_key, parse_body, parse_path, parse_query, read_body


class Nothing(ApiModel):
    """A body or query without members: anything in it is refused."""


class Endpoint:
    """Serves one route, by RPC or by the gateway's own handler."""

    def __init__(self, route: Route, gateway: Gateway) -> None:
        route.check()
        self._route = route
        self._gateway = gateway
        self._rpc = Transcoder(route) if route.rpc else None
        self._request = route.request or Nothing
        self._query = route.query or Nothing
        self._has_body = route.method in ("POST", "PUT", "PATCH")

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """The answer. Raises domain errors and HTTP refusals, which the application turns into problems."""
        call = await self._read(request)
        if self._rpc is not None:
            return await self._rpc.answer(call)
        assert self._route.serve is not None
        result = await self._route.serve(call)
        if isinstance(result, web.StreamResponse):
            return result
        if result is None:
            return web.Response(status=204)
        return json_response(result, status=self._route.status)

    async def _read(self, request: web.Request) -> Call:
        caller = await admit(self._gateway, self._route, request)
        path = parse_path(request)
        query = parse_query(request, self._query)
        if not self._has_body:
            return Call(request=request, caller=caller, gateway=self._gateway, path=path, query=query)
        key = idempotency_key(request) if self._route.creates else ""
        body = await read_body(request, self._route.body_limit)
        return Call(
            request=request,
            caller=caller,
            gateway=self._gateway,
            path=path,
            query=query,
            body=parse_body(request, body, self._request),
            body_sha256=fingerprint(request, body) if key else "",
            idempotency_key=key,
        )


class Transcoder:
    """A route's RPC: request message in, JSON out."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._method = find_method(route.rpc)
        self._check_declaration()
        fields = self._method.input_type
        self._body = None
        if route.request is not None and not route.body_is_document:
            self._body = RequestBinder(route.request, fields)
        self._query = RequestBinder(route.query, fields) if route.query is not None else None
        self._writer = ResponseWriter(route.response, self._method.output_type) if route.response else None

    async def answer(self, call: Call) -> web.Response:
        """Calls the RPC and writes its response."""
        route = self._route
        reply = await call.gateway.peers.call(self._method, await self._message(call), seconds=route.seconds)
        if route.complete is not None:
            route.complete(call, reply)
        headers = {"ETag": f'"{route.etag_of(reply)}"'} if route.etag_of else {}
        status = route.status_of(reply) if route.status_of else route.status
        if route.answer_document:
            body: bytes | str = getattr(reply, route.answer_document)
        else:
            body = self._writer.write(reply) if self._writer else ""
        return _json(body, status, headers)

    async def _message(self, call: Call) -> Message:
        message = request_of(self._method)
        for name, value in call.path.items():
            setattr(message, name, value)
        if self._body is not None:
            self._body.fill(call.body, message)
        if self._route.body_is_document:
            setattr(message, self._route.body_is_document, dump_document(call.body.root))
        if self._query is not None:
            self._query.fill(call.query, message)
        if call.idempotency_key:
            message.idempotency_key = call.idempotency_key  # type: ignore[attr-defined]  # checked at start
            message.body_sha256 = call.body_sha256  # type: ignore[attr-defined]
        if self._route.prepare is not None:
            await self._route.prepare(call, message)
        return message

    def _check_declaration(self) -> None:
        route, fields = self._route, self._method.input_type.fields_by_name
        demanded = permission_of(self._method)
        if demanded and demanded != route.permission:
            raise ValueError(f"{route.method} {route.path} declares {route.permission}, its RPC demands {demanded}")
        if not demanded and route.permission in (ANYONE, SIGNED_IN):
            raise ValueError(f"{route.method} {route.path}: neither the route nor its RPC demands a permission")
        missing = [name for name in route.path_names if name not in fields]
        if route.creates and "idempotency_key" not in fields:
            missing.append("idempotency_key")
        if missing:
            raise TypeError(f"{self._method.full_name} has no field {', '.join(missing)}")


def json_response(model: BaseModel, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A model as its camelCase JSON."""
    return _json(model.model_dump_json(by_alias=True), status, headers or {})


def _json(body: bytes | str, status: int, headers: Mapping[str, str]) -> web.Response:
    if status == 204:
        return web.Response(status=204, headers=headers)
    data = body.encode() if isinstance(body, str) else body
    return web.Response(status=status, body=data, content_type="application/json", charset="utf-8", headers=headers)

"""gRPC over a real Unix socket: access, the principal's way, and errors crossing the border as they were raised."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from exekra.license.v1 import license_service_pb2 as messages
from exekra.license.v1 import license_service_pb2_grpc as stubs
from services.kit.errors import DomainError, FieldError, Kind
from services.kit.identity import Principal, acting_principal, current_principal, current_request_id
from services.kit.rpc_client import call, open_channel
from services.kit.rpc_server import Registration, grpc_server, read_access


class _Licences(stubs.LicenseServiceServicer):
    def __init__(self):
        self.seen = []

    async def CheckExecution(self, request, context):  # noqa: N802
        self.seen.append((acting_principal().kind, current_request_id.get()))
        raise DomainError(
            Kind.PAYMENT, "LICENCE_EXPIRED", "Renew it.", fields=[FieldError("/a", "b")], facts={"since": "2026"}
        )

    async def GetLicense(self, request, context):  # noqa: N802
        self.seen.append((acting_principal().name, current_request_id.get()))
        return messages.GetLicenseResponse(license=messages.License(edition="community"))

    async def AcquireSeat(self, request, context):  # noqa: N802
        raise ZeroDivisionError


def _registration(servicer):
    descriptor = messages.DESCRIPTOR.services_by_name["LicenseService"]
    return Registration(stubs.add_LicenseServiceServicer_to_server, servicer, descriptor)


@asynccontextmanager
async def _serving(tmp_path, caller):
    servicer = _Licences()
    address = f"unix:{tmp_path}/license.sock"
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(grpc_server([_registration(servicer)], address, drain_seconds=0.1))
        channel = await stack.enter_async_context(open_channel(address, caller=caller))
        yield servicer, stubs.LicenseServiceStub(channel)


async def test_a_domain_error_arrives_as_it_was_raised(tmp_path):
    async with _serving(tmp_path, "scheduler") as (_, stub):
        with pytest.raises(DomainError) as caught:
            await call(stub.CheckExecution, messages.CheckExecutionRequest(), caller="scheduler")
    error = caught.value
    assert (error.kind, error.reason, error.message) == (Kind.PAYMENT, "LICENCE_EXPIRED", "Renew it.")
    assert error.fields == (FieldError("/a", "b"),)
    assert error.facts == {"since": "2026"}


async def test_only_declared_callers_get_in(tmp_path):
    async with _serving(tmp_path, "registry") as (servicer, stub):
        with pytest.raises(DomainError) as caught:
            await call(stub.CheckExecution, messages.CheckExecutionRequest(), caller="registry")
    assert caught.value.reason == "CALLER_NOT_ALLOWED"
    assert servicer.seen == []


async def test_a_permission_is_demanded_from_the_person_behind_the_call(tmp_path):
    ada = Principal("user", "1", "Ada", frozenset({"license:view"}))
    async with _serving(tmp_path, "gateway") as (servicer, stub):
        with pytest.raises(DomainError) as caught:
            await call(stub.GetLicense, messages.GetLicenseRequest(), caller="gateway")
        assert caught.value.reason == "PERMISSION_MISSING"
        current_principal.set(ada)
        current_request_id.set("r-7")
        answer = await call(stub.GetLicense, messages.GetLicenseRequest(), caller="gateway")
    assert answer.license.edition == "community"
    assert servicer.seen == [("Ada", "r-7")]


async def test_a_person_is_believed_from_the_gateway_alone(tmp_path):
    current_principal.set(Principal("user", "1", "Mallory", frozenset({"license:view"})))
    async with _serving(tmp_path, "scheduler") as (servicer, stub):
        with pytest.raises(DomainError):
            await call(stub.CheckExecution, messages.CheckExecutionRequest(), caller="scheduler")
    assert servicer.seen == [("system", "")]


async def test_a_fault_tells_the_caller_nothing_but_that(tmp_path):
    async with _serving(tmp_path, "registry") as (_, stub):
        with pytest.raises(DomainError) as caught:
            await call(stub.AcquireSeat, messages.AcquireSeatRequest(), caller="registry")
    assert caught.value.kind is Kind.INTERNAL
    assert "division" not in caught.value.message


async def test_a_service_that_is_away_is_unavailable(tmp_path):
    async with open_channel(f"unix:{tmp_path}/nobody.sock", caller="scheduler") as channel:
        stub = stubs.LicenseServiceStub(channel)
        with pytest.raises(DomainError) as caught:
            await call(stub.CheckExecution, messages.CheckExecutionRequest(), caller="scheduler", seconds=2)
    assert caught.value.kind is Kind.UNAVAILABLE


async def test_a_socket_is_not_taken_over_from_a_living_server(tmp_path):
    address = f"unix:{tmp_path}/license.sock"
    async with grpc_server([_registration(_Licences())], address, drain_seconds=0.1):
        with pytest.raises(OSError, match="already served"):
            async with grpc_server([_registration(_Licences())], address):
                pass
    async with grpc_server([_registration(_Licences())], address, drain_seconds=0.1):
        await asyncio.sleep(0)


def test_an_rpc_without_declared_callers_is_refused_at_start(monkeypatch):
    class _NoAccess:
        callers = ()
        permission = ""

    class _Options:
        Extensions = type("E", (), {"__getitem__": lambda self, _: _NoAccess})()

    method = type("M", (), {"full_name": "x.Y.Z", "name": "Z", "GetOptions": lambda self: _Options})()
    descriptor = type("D", (), {"methods": [method], "full_name": "x.Y"})()
    with pytest.raises(ValueError, match="declares no callers"):
        read_access([Registration(lambda *_: None, object(), descriptor)])

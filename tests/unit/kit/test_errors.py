"""The two tables from error kinds: every kind has a gRPC code and an HTTP status."""

import asyncpg
import pytest

from services.kit.errors import DomainError, FieldError, Kind, invalid
from services.kit.problem import HTTP_STATUSES, problem
from services.kit.translation import GRPC_CODES, as_domain_error, is_outage


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_grpc_code_and_an_http_status(kind):
    assert kind in GRPC_CODES
    document = problem(DomainError(kind, "R", "m"), instance="/x", request_id="1")
    assert document["status"] == HTTP_STATUSES[kind]
    assert document["title"]


def test_problem_names_the_fields_and_cannot_be_overridden_by_facts():
    error = invalid("Wrong.", FieldError("/name", "Give a name."))
    error.facts["status"] = 200
    document = problem(error, instance="/api/workflows", request_id="r1")
    assert document["status"] == 422
    assert document["errors"] == [{"pointer": "/name", "detail": "Give a name."}]
    assert document["type"] == "urn:exekra:problem:invalid"


@pytest.mark.parametrize(
    ("error", "kind", "outage"),
    [
        (ConnectionRefusedError(), Kind.UNAVAILABLE, True),
        (asyncpg.CannotConnectNowError(), Kind.UNAVAILABLE, True),
        (asyncpg.AdminShutdownError(), Kind.UNAVAILABLE, True),
        (asyncpg.DiskFullError(), Kind.UNAVAILABLE, True),
        (asyncpg.InternalClientError("another operation is in progress"), Kind.UNAVAILABLE, True),
        (asyncpg.DataError(), Kind.INTERNAL, False),
        (TimeoutError(), Kind.DEADLINE, True),
        (asyncpg.UndefinedTableError(), Kind.INTERNAL, False),
        (KeyError("x"), Kind.INTERNAL, False),
    ],
)
def test_exceptions_are_told_apart_into_outages_and_faults(error, kind, outage):
    assert as_domain_error(error).kind is kind
    assert is_outage(error) is outage

"""Every request body has examples that are right, and every call that creates takes an Idempotency-Key."""

from typing import Any

import jsonschema
import pytest

from services.gateway.examples import EXAMPLES
from services.gateway.openapi import build_document
from services.gateway.routes.declaration import Route
from services.gateway.routes.table import route_table
from services.gateway.web.bodies import validate

ROUTES = route_table()
DOCUMENT = build_document(ROUTES)
WITH_BODY = [route for route in ROUTES if route.request is not None]

REPEATABLE_WITHOUT_KEY = {
    # Each answers a token of its own; one that got lost is good for nothing and expires.
    "POST /runners/pairing-tokens",
}


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def bodies() -> list[tuple[Route, str, Any]]:
    return [(route, title, body) for route in WITH_BODY for title, body in EXAMPLES.get(name_of(route), {}).items()]


@pytest.mark.parametrize("route", WITH_BODY, ids=name_of)
def test_every_body_has_an_example(route: Route) -> None:
    assert EXAMPLES.get(name_of(route)), "add one to services/gateway/examples.py"


def test_no_example_is_left_over() -> None:
    assert set(EXAMPLES) <= {name_of(route) for route in WITH_BODY}


@pytest.mark.parametrize(
    ("route", "title", "body"), bodies(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_example_fits_the_published_schema_and_the_model_itself(route: Route, title: str, body: Any) -> None:
    operation = next(
        operation
        for path in DOCUMENT["paths"].values()
        for operation in path.values()
        if body in [each["value"] for each in _published(operation)] and operation["summary"] == route.summary
    )
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(body)
    assert route.request is not None
    validate(route.request, body)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "POST"], ids=name_of)
def test_whatever_creates_takes_an_idempotency_key(route: Route) -> None:
    creates = 201 in (route.status, *route.further_statuses)
    assert not creates or route.creates or name_of(route) in REPEATABLE_WITHOUT_KEY


def test_only_posts_take_a_key() -> None:
    assert {route.method for route in ROUTES if route.creates} == {"POST"}


def _published(operation: dict[str, Any]) -> list[dict[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return list(content.get("examples", {}).values())

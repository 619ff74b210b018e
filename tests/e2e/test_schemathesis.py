"""Random calls, made from the Hub's own OpenAPI document, find no way to an error of the Hub's own."""

import asyncio
import time
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error

from tests.e2e.integrator import DOUBLING, Integrator, unique

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

SECONDS = 45.0
"""For all operations together; what is left then is tried with one example."""
EXAMPLES = 6
SEED = 4545
STREAMS = {"/api/events"}
# These would end the session of this test, hash one password after the other, or lock the administrator out by guesses.
HARMFUL = {("POST", "/api/auth/login"), ("POST", "/api/auth/password"), ("POST", "/api/dispatch/hold")}


async def test_random_calls_never_meet_an_error_of_the_hub(hub: Integrator) -> None:
    document = await hub.api.call("GET", "/openapi.json")
    workflow_id = await hub.api.publish(unique("Random"), DOUBLING)
    execution = await hub.run(workflow_id, inputs={"number": 1})
    runner = (await hub.api.call("POST", "/runners", {"name": unique("random")}))["runner"]
    schedule = {"workflowId": workflow_id, "kind": "schedule", "name": unique("Random"), "cron": "0 6 * * 1"}
    schedule |= {"timezone": "Europe/Berlin", "inputs": {"number": 1}, "enabled": False}
    trigger = (await hub.api.call("POST", "/triggers", schedule))["trigger"]
    known = {
        "workflowId": workflow_id,
        "executionId": execution["id"],
        "runnerId": runner["id"],
        "triggerId": trigger["id"],
        "version": 1,
    }
    tried = await asyncio.to_thread(attack, hub, document, known)
    assert tried > 200
    await hub.ask("DELETE", f"/api/runners/{runner['id']}")
    await hub.api.call("PATCH", "/settings", {"installationName": None, "timeZone": None})


def attack(hub: Integrator, document: dict[str, Any], known: dict[str, Any]) -> int:
    """Calls every operation; answers how many calls were made."""
    until = time.monotonic() + SECONDS
    tried = 0
    with requests.Session() as session:
        session.verify = str(hub.under_test.running.authority)
        session.headers["Authorization"] = hub.key
        for found in schemathesis.openapi.from_dict(document).get_all_operations():
            operation = found.ok()
            if operation.path in STREAMS or (operation.method.upper(), operation.path) in HARMFUL:
                continue
            examples = EXAMPLES if time.monotonic() < until else 1
            tried += attack_operation(operation, hub.url, session, known, examples)
    return tried


def attack_operation(operation: Any, url: str, session: requests.Session, known: dict[str, Any], examples: int) -> int:
    """Calls one operation, every other time at something that exists (unless it deletes); answers how often."""
    tried = 0
    cases = operation.as_strategy(generation_mode=GenerationMode.POSITIVE) | operation.as_strategy(
        generation_mode=GenerationMode.NEGATIVE
    )

    @seed(SEED)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def call(case: schemathesis.Case) -> None:
        nonlocal tried
        tried += 1
        if tried % 2 and operation.method.upper() != "DELETE":
            existing = {name: known[name] for name in case.path_parameters if name in known}
            case.path_parameters = {**case.path_parameters, **existing}
        response = case.call(base_url=url, session=session, verify=session.verify)
        case.validate_response(response, checks=[not_a_server_error])

    call()
    return tried

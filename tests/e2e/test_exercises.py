"""A workflow in a real browser through the whole system: the form challenge of the browser demo."""

import os

import pytest

from runner.nodes.browser import program
from scripts.demo.browser.check import check_challenge
from scripts.demo.browser.site import exercise_site
from scripts.demo.material import read_graph
from tests.e2e.integrator import Integrator, unique

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(bool(program.missing()) and not os.environ.get("CI"), reason=str(program.missing())),
]


async def test_the_hubs_runner_fills_in_ten_rounds_of_a_changing_form_without_a_mistake(hub: Integrator):
    workflow_id = await hub.api.publish(unique("Form challenge"), read_graph("form-challenge"))
    async with exercise_site(seed=17) as site:
        started = await hub.start(workflow_id, inputs={"siteUrl": site.url})
        execution = await hub.api.ended(started["id"], seconds=110)
        assert execution["status"] == "COMPLETED", execution["failure"]
        check_challenge(execution["output"], site.challenge)
    runs = await hub.api.every(f"/executions/{started['id']}/nodes")
    assert sum(run["nodeId"] == "submit" for run in runs) == 10

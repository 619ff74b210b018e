"""Both exercises of the browser demo, done by the engine alone in a real browser and judged as the demo judges them."""

import os
import time

import pytest

from runner.engine.executor import execute
from runner.engine.plan import compile_plan
from runner.engine.request import RunRequest
from runner.nodes.browser import program
from runner.nodes.registry import declarations, node_types
from runner.workflow.validation import validate_document
from scripts.demo.browser.check import check_challenge, check_shop
from scripts.demo.browser.site import exercise_site
from scripts.demo.material import read_graph
from tests.integration.scripts.demo.test_workflow import Keeper

pytestmark = pytest.mark.skipif(bool(program.missing()) and not os.environ.get("CI"), reason=str(program.missing()))

SEED = 7
REFUSALS = 13
"""Of the shop's press with this seed, until twenty orders are taken."""


@pytest.fixture
def run(tmp_path):
    async def run(name, site, keeper):
        graph, problems = validate_document(read_graph(name), declarations())
        assert not problems
        request = RunRequest("execution-1", tmp_path, inputs={"siteUrl": site.url})
        outcome = await execute(compile_plan(graph, declarations()), request, keeper, node_types())
        assert outcome.status == "completed", outcome.failure
        return outcome.output

    return run


async def test_a_form_whose_fields_move_and_change_their_ids_is_filled_in_without_a_mistake(run):
    async with exercise_site(SEED) as site:
        began = time.monotonic()
        output = await run("form-challenge", site, Keeper())
        assert (output["rounds"], output["right"], output["fields"]) == (10, 70, 70)
        assert 0 < output["milliseconds"] < (time.monotonic() - began) * 1000
        check_challenge(output, site.challenge)


async def test_twenty_robots_are_ordered_once_each_from_a_shop_that_refuses_at_random(run):
    async with exercise_site(SEED) as site:
        keeper = Keeper()
        output = await run("robot-orders", site, keeper)
        assert (len(site.shop.taken), site.shop.refused) == (20, REFUSALS)
        check_shop(output, site.shop, keeper.kept[output["artifact"]["artifactId"]])

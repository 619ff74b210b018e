"""The demo's workflow, run by the engine alone on a small file of the same shape."""

from uuid import uuid4

import pytest

from runner.engine.executor import execute
from runner.engine.plan import compile_plan
from runner.engine.request import RunRequest
from runner.nodes.base import Artifact
from runner.nodes.registry import declarations, node_types
from runner.workflow.validation import validate_document
from scripts.demo.check import ResultWrongError, check_output, check_workbook, expected_sheets, workbook_of
from scripts.demo.material import REGIONS, read_graph
from scripts.demo.regions_service import regions_service

AIRPORTS = """iata,name,city,state,country,latitude,longitude
LAX,Los Angeles International,Los Angeles,CA,USA,33.94253611,-118.4080744
SFO,San Francisco International,San Francisco,CA,USA,37.61900194,-122.3748433
JFK,"John F Kennedy Intl",New York,NY,USA,40.63975111,-73.77892556
ORD,Chicago O'Hare International,Chicago,IL,USA,41.979595,-87.90446417
ATL,William B Hartsfield-Atlanta Intl,Atlanta,GA,USA,33.64044444,-84.42694444
GUM,Guam International,Agana,GU,USA,13.48345,144.7959833
CLD,MC Clellan-Palomar Airport,NA,NA,USA,33.127231,-117.278727
"""


class Keeper:
    """A sink that keeps events and the bytes of artifacts."""

    def __init__(self):
        self.events, self.lines, self.kept = [], [], {}

    def node_event(self, event):
        self.events.append(event)

    def log(self, line):
        self.lines.append(line)

    async def before_node(self):
        """Nothing ends this lease."""

    async def attach(self, node_id, path, name, media_type):
        artifact = Artifact(str(uuid4()), name, path.stat().st_size, "", media_type)
        self.kept[artifact.id] = path.read_bytes()
        return artifact

    def statuses(self, node_id):
        return [event.status for event in self.events if event.node_id == node_id]


@pytest.fixture
def airports(tmp_path):
    path = tmp_path / "airports.csv"
    path.write_text(AIRPORTS, encoding="utf-8")
    return path


@pytest.fixture
def run(tmp_path, airports):
    async def run(keeper, **inputs):
        graph, problems = validate_document(read_graph(), declarations())
        assert not problems
        workdir = tmp_path / "execution"
        workdir.mkdir()
        async with regions_service() as service:
            given = {"airportsFile": str(airports), "regionsUrl": service.url, **inputs}
            request = RunRequest("execution-1", workdir, inputs=given)
            return await execute(compile_plan(graph, declarations()), request, keeper, node_types())

    return run


async def test_the_workflow_retries_catches_and_ends_with_the_numbers_of_the_file(run, airports):
    keeper = Keeper()
    outcome = await run(keeper)
    assert outcome.status == "completed", outcome.failure
    assert keeper.statuses("states") == ["running", "retried", "running", "retried", "running", "completed"]
    assert keeper.statuses("closed") == ["running", "failed"]
    assert keeper.statuses("exclusions")[-1] == "completed"
    expected = expected_sheets(airports, REGIONS)
    assert {name: len(rows) - 1 for name, rows in expected.items()} == {
        "Summary": 5, "West": 2, "Northeast": 1, "Midwest": 1, "South": 1, "Territories": 1,
    }  # fmt: skip
    check_output(outcome.output, expected, airports)
    check_workbook(workbook_of(keeper.kept[outcome.output["artifact"]["artifactId"]]), expected)
    assert keeper.lines[-1].message == "6 airports in 5 regions, 1 without a known state"


async def test_exclusions_are_left_out_when_there_are_some(run, airports, tmp_path):
    exclusions = tmp_path / "exclusions.csv"
    exclusions.write_text("iata\nLAX\nGUM\n")
    outcome = await run(Keeper(), exclusionsFile=str(exclusions))
    assert outcome.output["airports"] == 4
    assert outcome.output["exclusions"] == "APPLIED"
    with pytest.raises(ResultWrongError):
        check_output(outcome.output, expected_sheets(airports, REGIONS), airports)

"""What nine cron libraries' own suites agree on holds for ours, changes of the clocks included."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.scheduler.triggers.cron import Cron, CronError

CASES = [json.loads(line) for line in Path(__file__).with_name("cron_cases.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_an_expression_fires_when_other_libraries_agree_it_does(case: dict[str, Any]) -> None:
    if "expected_error" in case:
        with pytest.raises(CronError):
            Cron(case["expr"], ZoneInfo(case["tz"]))
        return
    found = Cron(case["expr"], ZoneInfo(case["tz"])).next_after(datetime.fromisoformat(case["after"]))
    if "expected_not" in case:
        assert found != datetime.fromisoformat(case["expected_not"])
    else:
        wanted = case["expected_next"]
        assert found == (datetime.fromisoformat(wanted) if wanted else None)

import pytest

from scripts.demo.check import ResultWrongError, check_output, check_workbook, expected_sheets

REGIONS = '{"states": [{"state": "CA", "stateName": "California", "region": "West"}]}'
AIRPORTS = (
    "iata,name,city,state,country,latitude,longitude\nB,Beta,X,CA,USA,2,0\nA,Alpha,X,CA,USA,1,0\nN,None,X,NA,USA,9,0\n"
)
OUTPUT = {
    "airports": 2,
    "unmatched": 1,
    "exclusions": "FILE_NOT_FOUND",
    "regions": [{"region": "West", "airports": 2, "averageLatitude": 1.5, "southernmost": 1, "northernmost": 2.0}],
}


@pytest.fixture
def airports(tmp_path):
    path = tmp_path / "airports.csv"
    path.write_text(AIRPORTS)
    return path


@pytest.fixture
def expected(tmp_path, airports):
    regions = tmp_path / "regions.json"
    regions.write_text(REGIONS)
    return expected_sheets(airports, regions)


def test_the_expectation_comes_from_the_files(expected):
    assert expected["Summary"][1] == ("West", 2, 1.5, 1.0, 2.0)
    assert [row[0] for row in expected["West"]] == ["iata", "A", "B"]


def test_equal_results_pass_even_if_whole_numbers_lost_their_point(airports, expected):
    check_output(OUTPUT, expected, airports)
    check_workbook({"Summary": [expected["Summary"][0], ("West", 2, 1.5, 1, 2)], "West": expected["West"]}, expected)


@pytest.mark.parametrize(
    "change",
    [
        {"airports": 3},
        {"unmatched": 0},
        {"exclusions": "APPLIED"},
        {"regions": []},
        {"regions": [OUTPUT["regions"][0] | {"averageLatitude": 1.5000001}]},
    ],
)
def test_another_output_is_refused(airports, expected, change):
    with pytest.raises(ResultWrongError):
        check_output(OUTPUT | change, expected, airports)


@pytest.mark.parametrize(
    "change",
    [
        lambda sheets: {"Summary": sheets["Summary"]},
        lambda sheets: {"West": sheets["West"], "Summary": sheets["Summary"]},
        lambda sheets: sheets | {"West": sheets["West"][:-1]},
        lambda sheets: sheets | {"West": [sheets["West"][0], sheets["West"][2], sheets["West"][1]]},
    ],
)
def test_another_workbook_is_refused(expected, change):
    with pytest.raises(ResultWrongError):
        check_workbook(change(expected), expected)

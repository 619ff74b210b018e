from pathlib import Path

import pytest

from scripts.demo.existing_hub import SharedFolder, read_arguments

NAMED = ["--url", "https://hub.example.com:4545/", "--ca", "ca.pem", "--email", "ada@example.com"]


@pytest.fixture
def named(tmp_path: Path) -> list[str]:
    (tmp_path / "password").write_text("correct horse\n")
    return [*NAMED, "--password-file", str(tmp_path / "password")]


def test_without_arguments_the_demo_starts_its_own_hub():
    assert read_arguments([]) is None


def test_a_hub_that_runs_is_named_by_address_authority_and_person(named):
    hub = read_arguments(named)
    assert hub is not None
    assert (hub.url, hub.authority, hub.email) == ("https://hub.example.com:4545", Path("ca.pem"), "ada@example.com")
    assert (hub.password, hub.listen) == ("correct horse", "127.0.0.1")
    assert hub.path_for_runner(Path("/here/airports.csv")) == "/here/airports.csv"


def test_a_shared_folder_gets_the_file_under_the_runners_name_for_it(named, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "airports.csv").write_text("iata\n")
    hub = read_arguments([*named, "--files", f"{tmp_path / 'shared'}:/files/"])
    assert hub is not None
    assert hub.shared == SharedFolder(tmp_path / "shared", "/files")
    assert hub.path_for_runner(tmp_path / "airports.csv") == "/files/airports.csv"
    assert (tmp_path / "shared" / "airports.csv").read_text() == "iata\n"


@pytest.mark.parametrize("arguments", [NAMED, ["--email", "ada@example.com"], ["--files", "nowhere"]])
def test_arguments_that_do_not_fit_are_bad_usage(arguments):
    with pytest.raises(SystemExit, match="2"):
        read_arguments(arguments)

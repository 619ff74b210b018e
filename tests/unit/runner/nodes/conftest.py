"""A place to run nodes in."""

import pytest

from tests.unit.runner.nodes.harness import Workplace


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path / "execution")


@pytest.fixture(autouse=True)
def folder(place):
    place.workdir.mkdir()

"""Ports: taken ones are refused by name, chosen ones are kept."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.launcher.errors import LaunchRefusedError
from services.launcher.ports import free_port, is_free, kept_port, require_free


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_refused_and_its_variable_named(taken_port: int) -> None:
    with pytest.raises(LaunchRefusedError, match=f"Port {taken_port} .*EXEKRA_HTTPS_PORT"):
        require_free(taken_port, "EXEKRA_HTTPS_PORT")


def test_a_free_port_is_free() -> None:
    assert is_free(free_port())


def test_a_chosen_port_is_kept_while_it_is_free(tmp_path: Path) -> None:
    record = tmp_path / "ports.json"
    first = kept_port(record, "valkey")
    assert kept_port(record, "valkey") == first
    assert kept_port(record, "other") != first


def test_a_chosen_port_that_was_taken_meanwhile_is_chosen_again(tmp_path: Path, taken_port: int) -> None:
    record = tmp_path / "ports.json"
    record.write_text(f'{{"valkey": {taken_port}}}')
    chosen = kept_port(record, "valkey")
    assert chosen != taken_port
    assert kept_port(record, "valkey") == chosen

"""A Postgres of a test's own, for tests that kill it or make roles in it."""

import tempfile
from pathlib import Path

import pytest

from services.launcher.postgres_server import PostgresServer


@pytest.fixture
def server(tmp_path: Path, short_folder: Path) -> PostgresServer:
    """Prepared and not started; its data directory is `tmp_path / "postgres"`."""
    sockets = Path(tempfile.mkdtemp(dir=short_folder))
    server = PostgresServer(tmp_path / "postgres", sockets, "a p@ss/word", throwaway=True)
    server.prepare()
    return server

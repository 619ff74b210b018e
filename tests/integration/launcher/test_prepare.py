"""What containers find before they start."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from services.kit.postgres import SCHEMAS
from services.launcher.console import Console
from services.launcher.errors import ChildFailedError, LaunchRefusedError
from services.launcher.postgres_server import STOP_SIGNAL, PostgresServer
from services.launcher.prepare import prepare
from services.launcher.settings import LauncherSettings
from tests.conftest import in_own_loop, running


@pytest.fixture
def settings(server: PostgresServer, tmp_path: Path) -> Iterator[LauncherSettings]:
    with running(server.command(), tmp_path / "log", STOP_SIGNAL):
        in_own_loop(server.wait_until_ready())
        yield LauncherSettings(database_url=SecretStr(server.dsn()), public_url="https://hub.example.com:4545")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_certificates_roles_and_schemas_are_made_once(settings: LauncherSettings, tmp_path: Path) -> None:
    folder, said = tmp_path / "tls", list[str]()
    prepare(folder, settings, Console("json", said.append))
    made = contents(folder)
    prepare(folder, settings, Console("json", said.append))
    assert contents(folder) == made
    assert "0 migrations applied" in said[1]
    for service in SCHEMAS:
        own = folder / service
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(own / "internal" / "ca.pem")
        context.load_cert_chain(own / "internal" / f"{service}.pem", own / "internal" / f"{service}.key")
        in_own_loop(may_log_in((own / "database").read_text(), SCHEMAS[service]))


def test_each_container_is_handed_its_own_keys_and_nobody_elses(settings: LauncherSettings, tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    given = settings.model_copy(update={"redis_url": SecretStr("redis://bell"), "admin_password": SecretStr("known")})
    prepare(folder, given, Console("json", list[str]().append))
    made = contents(folder)
    own = ["database", "internal/ca.pem"]
    public = ["public/ca.pem", "public/server.key", "public/server.pem"]
    further = {
        "gateway": [*public, "admin-password"],
        "registry": public,
        "scheduler": ["redis", "vault-key"],
        "license": ["installation-key"],
    }
    for service in SCHEMAS:
        certificate = [f"internal/{service}.key", f"internal/{service}.pem"]
        assert sorted(contents(folder / service)) == sorted([*own, *certificate, *further.get(service, [])])
    assert list(contents(folder / "runner")) == ["ca.pem"]
    assert {made["scheduler/redis"], made["gateway/admin-password"]} == {b"redis://bell", b"known"}
    assert made["scheduler/vault-key"] == made["authority/vault-key"]
    signing = {content for name, content in made.items() if name.endswith("ca.key")}
    assert not [name for name, content in made.items() if content in signing and not name.startswith("authority/")]


async def may_log_in(dsn: str, schema: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        assert await connection.fetchval("SELECT current_schema()") == schema
    finally:
        await connection.close()


def test_without_a_database_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LaunchRefusedError, match="EXEKRA_DATABASE_URL"):
        prepare(tmp_path, LauncherSettings(), Console("json", list[str]().append))


def test_a_database_that_is_away_is_told_in_a_sentence(tmp_path: Path) -> None:
    away = LauncherSettings(database_url=SecretStr(f"postgresql://somebody@/x?host={tmp_path}"))
    with pytest.raises(ChildFailedError, match="could not be brought to this version"):
        prepare(tmp_path / "tls", away, Console("json", list[str]().append))

"""A database and its artifacts into an archive and out of it into another one."""

import asyncio
import hashlib
from pathlib import Path

import asyncpg
import pytest

from services.kit.ids import new_id
from services.kit.postgres import SCHEMAS, migrate, migrate_within, open_pool
from services.kit.sealing import Binding, Sealer
from services.launcher.backup import catalogue, contents
from services.launcher.backup.archive import ArchiveReader
from services.launcher.backup.dumping import TRANSACTION_IDS
from services.launcher.backup.errors import ArchiveError, BackupRefusedError
from services.launcher.backup.making import KEEP_ARTIFACTS, Making
from services.launcher.backup.manifest import Manifest, Summary
from services.launcher.backup.places import places_of_home
from services.launcher.backup.restoring import Restored, Restoring, open_archive
from services.launcher.backup.sources import Source
from services.launcher.database import prepare_roles
from services.launcher.postgres_server import STOP_SIGNAL, PostgresServer
from services.scheduler.evidence.files import ArtifactFiles
from services.scheduler.evidence.retention import forget_artifacts
from tests.conftest import PASSWORD, HubDatabase, MakeDatabase, running

CONTENT = b"an artifact" * 100_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
AWKWARD = 'tab\t, newline\n, \\N, "quotes", ü, \x7f'

SEED = f"""
SET search_path TO automation;
INSERT INTO identity.user_account (id, email, name, role, password_hash)
 VALUES ('{new_id()}', 'ada@example.com', 'Ada', 'ADMIN', 'x');
INSERT INTO identity.session (id, token_sha256, user_id, expires_at, ip, user_agent)
 SELECT '{new_id()}', sha256('x'), id, now() + interval '1 day', '', '' FROM identity.user_account;
INSERT INTO automation.workflow (id, name, latest_version, creator_kind, creator_id, creator_name)
 VALUES ('0198a8f0-0000-7000-8000-000000000001', 'orders', 1, '', '', '');
INSERT INTO automation.workflow_version (workflow_id, version, graph, sha256, canonical_sha256, note, creator_kind,
  creator_id, creator_name)
 VALUES ('0198a8f0-0000-7000-8000-000000000001', 1, '\\x00ff0a5c' || convert_to(repeat('x', 3000000), 'UTF8'),
  repeat('0', 64), repeat('0', 64), $note, '', '', '');
UPDATE automation.workflow SET published_version = 1;
INSERT INTO automation.trigger (id, kind, workflow_id, name, enabled, creator_kind, creator_id, creator_name)
 SELECT id::uuid, kind, '0198a8f0-0000-7000-8000-000000000001', name, true, '', '', ''
 FROM (VALUES ('0198a8f0-0000-7000-8000-000000000002', 'SCHEDULE', 'hourly'),
  ('0198a8f0-0000-7000-8000-000000000003', 'WEBHOOK', 'paid')) AS t (id, kind, name);
INSERT INTO automation.schedule (trigger_id, interval_seconds, anchor_at, timezone, misfire_policy, misfire_max,
  grace_seconds, overlap, planned_until, next_at)
 VALUES ('0198a8f0-0000-7000-8000-000000000002', 3600, now(), 'UTC', 'ALL', 10, 60, 'ALLOW', now() - interval '2 hours',
  now() - interval '1 hour');
INSERT INTO automation.fire (trigger_id, fire_at, due_at, outcome, decided_at)
 SELECT '0198a8f0-0000-7000-8000-000000000002', now() - offset_, now() - offset_, outcome, decided_at
 FROM (VALUES (interval '2 hours', NULL, NULL::timestamptz), (interval '3 hours', 'QUEUED', now()),
  (interval '-1 hour', NULL, NULL)) AS f (offset_, outcome, decided_at);
INSERT INTO automation.webhook (trigger_id, token_sha256, token, auth_type, auth_options, secret)
 VALUES ('0198a8f0-0000-7000-8000-000000000003', sha256('t'), $token, 'none', '{{}}', NULL);
INSERT INTO automation.credential (id, name, kind, fields, value, creator_kind, creator_id, creator_name)
 VALUES ('0198a8f0-0000-7000-8000-000000000004', 'erp', 'TOKEN', '{{token}}', $token, '', '', '');
INSERT INTO automation.demand (labels, capabilities) SELECT '{{}}', '{{}}' WHERE false;
INSERT INTO automation.execution (id, workflow_id, workflow_name, version, graph_sha256, demand_id, mode, lease_seconds,
  actor_kind) SELECT gen_random_uuid(), '0198a8f0-0000-7000-8000-000000000001', 'orders', 1, 'x', 1, 'SCHEDULED', 100,
  'system' FROM generate_series(1, 2000);
INSERT INTO automation.artifact (id, execution_id, attempt_id, runner_id, node_id, name, media_type, size, sha256,
  stored_at)
 SELECT gen_random_uuid(), e.id, e.id, e.id, 'n', 'a.txt', 'text/plain', 1, $sha256, now()
 FROM (SELECT id FROM automation.execution LIMIT 2) AS e;
"""
# What a restore changes by intent (services/*/restored.sql), and the log that is told of it.
CHANGED = {
    "audit.event",
    "automation.dispatch_hold",
    "automation.fire",
    "automation.hub_tick",
    "automation.schedule",
    "identity.session",
}


async def fill(database: HubDatabase, home: Path) -> None:
    """Rows of many kinds, an artifact, and events of the audit log."""
    token = Sealer([b"k" * 32]).seal(b"token", Binding("webhook.token", "0198a8f0-0000-7000-8000-000000000003", 1))
    connection = await asyncpg.connect(database.admin_dsn)
    try:
        quoted = [await connection.fetchval("SELECT quote_literal($1::text)", each) for each in (AWKWARD, SHA256)]
        seed = SEED.replace("$note", quoted[0]).replace("$sha256", quoted[1]).replace("$token", f"'\\x{token.hex()}'")
        await connection.execute(seed)
        await connection.execute("SELECT setval(pg_get_serial_sequence('automation.outgoing_event', 'seq'), 4711)")
        event = """SELECT audit.append(jsonb_build_array(jsonb_build_object('id', gen_random_uuid(), 'at', now(),
         'service', 's', 'actor_kind', '', 'actor_id', '', 'actor_name', 'Ada', 'action', 'x.y', 'resource_kind', '',
         'resource_id', '', 'resource_name', '', 'ip', '', 'request_id', '', 'details', '{}')))"""
        for _ in range(3):
            await connection.execute(event)
    finally:
        await connection.close()
    target = places_of_home(home).artifacts / SHA256[:2] / SHA256[2:]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(CONTENT)
    for name, content in (
        ("tls/ca.pem", b"pem"),
        ("audit/checkpoints.jsonl", b"{}\n"),
        ("secrets/vault-key", b"6b" * 32),
    ):
        path = home / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def source_of(dsn: str, home: Path) -> Source:
    """The roles belong to the whole server: their passwords stay what all tests know."""
    passwords = home / "secrets"
    passwords.mkdir(parents=True, exist_ok=True)
    for service in SCHEMAS:
        (passwords / f"role-{service}").write_text(PASSWORD)
    return Source(dsn, places_of_home(home), passwords, None)


async def make(dsn: str, home: Path, path: Path) -> Summary:
    return await Making(source_of(dsn, home), lambda _: None, lambda _: None).make(path)


async def restore(dsn: str, home: Path, path: Path, *, force: bool = False) -> Restored:
    with open_archive(path) as reader:
        return await Restoring(source_of(dsn, home), reader, lambda _: None, lambda _: None).restore(force=force)


def manifest_of(path: Path) -> Manifest:
    with ArchiveReader(path) as reader:
        return contents.check(reader, lambda _: None)[1]


async def fetch(dsn: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


async def test_a_restored_hub_is_backed_up_to_the_same_sums(make_database: MakeDatabase, tmp_path: Path) -> None:
    first, second = await make_database(list(SCHEMAS)), await make_database([])
    old, new = tmp_path / "old", tmp_path / "new"
    await fill(first, old)
    summary = await make(first.admin_dsn, old, tmp_path / "one")
    assert (summary.artifacts, summary.missing_artifacts) == (1, ())
    done = await restore(second.admin_dsn, new, tmp_path / "one")
    assert (done.replaced, done.summary.rows) == (None, summary.rows)
    assert [(each.kind, each.name) for each in done.unopened] == [("webhook", "paid"), ("credential", "erp")]
    assert (places_of_home(new).artifacts / SHA256[:2] / SHA256[2:]).read_bytes() == CONTENT
    assert (new / "tls" / "ca.pem").read_bytes() == b"pem"
    assert not (new / "secrets" / "vault-key").exists()

    await make(second.admin_dsn, new, tmp_path / "two")
    before, after = manifest_of(tmp_path / "one"), manifest_of(tmp_path / "two")
    differing = {table for table, sums in before.tables.items() if after.tables[table] != sums}
    assert differing <= CHANGED
    assert before.tables["automation.execution"].rows == 2_000
    assert ("outgoing_event", 4711) in {(each.table, each.value) for each in after.sequences}
    note = await fetch(second.admin_dsn, "SELECT note FROM automation.workflow_version")
    assert note[0]["note"] == AWKWARD
    # Constraints and rights are those of the migrations again.
    for statement in (
        "UPDATE automation.workflow SET published_version = 2, latest_version = 2",
        "UPDATE audit.event SET action = 'z'",
    ):
        with pytest.raises(asyncpg.PostgresError):
            await fetch(second.admin_dsn, statement)
    log = await fetch(second.dsns["audit"], "SELECT action FROM audit.event ORDER BY seq")
    assert [row["action"] for row in log] == ["x.y", "x.y", "x.y", "backup.restored", "backup.made"]


async def test_nothing_goes_on_as_if_no_time_had_passed(make_database: MakeDatabase, tmp_path: Path) -> None:
    first, second = await make_database(list(SCHEMAS)), await make_database([])
    await fill(first, tmp_path / "old")
    await make(first.admin_dsn, tmp_path / "old", tmp_path / "one")
    await restore(second.admin_dsn, tmp_path / "new", tmp_path / "one")
    fires = await fetch(
        second.admin_dsn, "SELECT outcome, reason, fire_at > now() AS ahead FROM automation.fire ORDER BY fire_at"
    )
    missed = ("MISSED", "RESTORED", False)
    assert [tuple(row) for row in fires] == [missed, missed, missed, (None, "", True)]
    schedule = await fetch(
        second.admin_dsn,
        "SELECT planned_until = next_at AS anew, next_at > now() - interval '1 min' AS now FROM automation.schedule",
    )
    assert tuple(schedule[0]) == (True, True)
    incarnations = [
        await fetch(dsn, "SELECT incarnation FROM automation.hub_tick") for dsn in (first.admin_dsn, second.admin_dsn)
    ]
    assert incarnations[0] != incarnations[1]
    assert await fetch(second.admin_dsn, "SELECT FROM automation.dispatch_hold WHERE held_by = 'restore'")
    assert not await fetch(second.admin_dsn, "SELECT FROM identity.session")
    # The history is in the past of the new server, and the tally still has all of it to count.
    hidden = "SELECT FROM automation.execution_event WHERE transaction_id >= pg_snapshot_xmin(pg_current_snapshot())"
    assert not await fetch(second.admin_dsn, hidden)
    uncounted = """SELECT count(*) FROM automation.execution_event e, automation.outcome_tally_position p
     WHERE (e.transaction_id, e.execution_id, e.seq) > (p.transaction_id, p.execution_id, p.seq)"""
    assert (await fetch(second.admin_dsn, uncounted))[0]["count"] == 2_000


async def test_every_transaction_id_is_brought_to_the_new_server(database: HubDatabase) -> None:
    connection = await asyncpg.connect(database.admin_dsn)
    try:
        assert await catalogue.read_transaction_columns(connection) <= set(TRANSACTION_IDS)
    finally:
        await connection.close()


async def test_a_hub_that_holds_something_or_runs_is_not_replaced_unasked(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    database = await make_database(list(SCHEMAS))
    await fill(database, tmp_path / "home")
    await make(database.admin_dsn, tmp_path / "home", tmp_path / "one")
    with pytest.raises(
        BackupRefusedError, match=r"1 users, 1 workflows, 2000 executions and 4 events .* would be lost"
    ):
        await restore(database.admin_dsn, tmp_path / "home", tmp_path / "one")
    async with open_pool(database.dsns["scheduler"], "scheduler"):
        with pytest.raises(BackupRefusedError, match="exekra-scheduler"):
            await restore(database.admin_dsn, tmp_path / "home", tmp_path / "one", force=True)
    await fetch(database.admin_dsn, "UPDATE automation.workflow SET name = 'changed since'")
    stale = places_of_home(tmp_path / "home").artifacts / "ab" / ("0" * 62)
    stale.parent.mkdir()
    stale.write_bytes(b"of no backup")
    done = await restore(database.admin_dsn, tmp_path / "home", tmp_path / "one", force=True)
    assert done.replaced is not None
    assert done.unopened == []
    assert (await fetch(database.admin_dsn, "SELECT name FROM automation.workflow"))[0]["name"] == "orders"
    assert not stale.exists()


async def test_a_restore_that_fails_leaves_the_database_as_it_was(make_database: MakeDatabase, tmp_path: Path) -> None:
    first, second = await make_database(list(SCHEMAS)), await make_database(list(SCHEMAS))
    await fill(first, tmp_path / "old")
    # A row that no service writes: only the foreign key, made again at the end, finds it.
    await fetch(
        first.admin_dsn,
        "DO $$ BEGIN SET LOCAL session_replication_role = replica; DELETE FROM identity.user_account; END $$",
    )
    await make(first.admin_dsn, tmp_path / "old", tmp_path / "one")
    before = await fetch(second.admin_dsn, "SELECT id FROM identity.installation")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await restore(second.admin_dsn, tmp_path / "new", tmp_path / "one")
    assert await fetch(second.admin_dsn, "SELECT id FROM identity.installation") == before


async def test_a_backup_of_an_older_schema_is_brought_to_this_version(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    first, second = await make_database([]), await make_database([])
    connection = await asyncpg.connect(first.admin_dsn)
    for service in SCHEMAS:
        await migrate_within(connection, service, through=12 if service == "scheduler" else None)
        await connection.execute("RESET search_path")
    await connection.close()
    await make(first.admin_dsn, tmp_path / "old", tmp_path / "one")
    await restore(second.admin_dsn, tmp_path / "new", tmp_path / "one")
    assert await migrate(second.admin_dsn, "scheduler") == []


async def test_an_owner_who_is_no_superuser_makes_and_restores_backups(server: PostgresServer, tmp_path: Path) -> None:
    with running(server.command(), tmp_path / "log", STOP_SIGNAL):
        await server.wait_until_ready()
        await fetch(server.dsn(), "CREATE ROLE owner LOGIN CREATEROLE PASSWORD 'owner'")
        await fetch(server.dsn(), "CREATE DATABASE theirs OWNER owner")
        dsn = server.dsn("owner", "owner", "theirs")
        await prepare_roles(dsn, dict.fromkeys(SCHEMAS, PASSWORD))
        for service in SCHEMAS:
            await migrate(dsn, service)
        database = HubDatabase("theirs", dsn, {})
        await fill(database, tmp_path / "home")
        await make(dsn, tmp_path / "home", tmp_path / "one")
        await restore(dsn, tmp_path / "home", tmp_path / "one", force=True)
        assert (await fetch(dsn, "SELECT count(*) FROM audit.event"))[0]["count"] == 4


async def test_artifacts_stay_while_a_backup_is_made_and_lost_ones_are_named(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    database = await make_database(list(SCHEMAS))
    await fill(database, tmp_path / "home")
    await fetch(database.admin_dsn, "DELETE FROM automation.execution")
    files = ArtifactFiles(places_of_home(tmp_path / "home").artifacts)
    async with open_pool(database.dsns["scheduler"], "scheduler") as pool:
        backup = await asyncpg.connect(database.admin_dsn)
        await backup.execute(KEEP_ARTIFACTS)
        assert await forget_artifacts(pool, files) == 0
        assert files.path(SHA256).exists()
        await backup.close()
        files.path(SHA256).write_bytes(CONTENT[:-1] + b"!")
        summary = await make(database.admin_dsn, tmp_path / "home", tmp_path / "one")
        assert summary.missing_artifacts == (SHA256,)
        await asyncio.to_thread(files.remove, SHA256)
        summary = await make(database.admin_dsn, tmp_path / "home", tmp_path / "two")
        assert summary.missing_artifacts == (SHA256,)
        assert manifest_of(tmp_path / "two").artifacts.count == 0
        assert await forget_artifacts(pool, files) == 2


async def test_a_database_without_a_hub_and_a_damaged_archive_change_nothing(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    database = await make_database([])
    with pytest.raises(BackupRefusedError, match="no whole Hub"):
        await make(database.admin_dsn, tmp_path / "home", tmp_path / "one")
    assert not (tmp_path / "one").exists()
    (tmp_path / "one").write_bytes(b"x" * 2_000)
    with pytest.raises(ArchiveError):
        await restore(database.admin_dsn, tmp_path / "home", tmp_path / "one")
    with pytest.raises(ArchiveError, match="no file"):
        open_archive(tmp_path / "none")

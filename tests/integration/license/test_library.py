"""Licences taken in, kept and watched on a real Postgres. Each library stands for a process of its own."""

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exekra.audit.v1.audit_service_pb2 import AuditEvent
from scripts.licences import public_bytes
from services.kit.errors import DomainError
from services.kit.postgres import open_pool
from services.license import repository
from services.license.library import Library
from services.license.model import COMMUNITY_CONCURRENT_EXECUTIONS, COMMUNITY_RUNNERS, Standing, State
from services.license.use_cases import Licensing
from tests.conftest import HubDatabase, MakeDatabase
from tests.licences import INSTALLATION_KEY, NOON, PUBLIC_KEY, SetClock, licence, open_library


@pytest.fixture
async def database(make_database: MakeDatabase) -> HubDatabase:
    return await make_database(["license"])


async def another(make_database: MakeDatabase) -> HubDatabase:
    """Another installation's; all databases of a test session are copies of one."""
    database = await make_database(["license"])
    connection = await asyncpg.connect(database.admin_dsn)
    await connection.execute("UPDATE license.installation SET id = gen_random_uuid()")
    await connection.close()
    return database


async def standing(database: HubDatabase, clock: SetClock, **keys: str) -> Standing:
    """As a process that has just started sees it."""
    async with open_library(database, clock, **keys) as (library, pool), pool.acquire() as connection:
        return await library.standing(connection)


async def install(database: HubDatabase, clock: SetClock, text: str, **keys: str) -> Standing:
    async with open_library(database, clock, **keys) as (library, pool):
        await library.install(text)
        async with pool.acquire() as connection:
            return await library.standing(connection)


async def refusal(database: HubDatabase, clock: SetClock, text: str) -> str:
    before = await standing(database, clock)
    with pytest.raises(DomainError) as refused:
        await install(database, clock, text)
    assert await standing(database, clock) == before
    return refused.value.reason


async def rows(database: HubDatabase, statement: str) -> list[asyncpg.Record]:
    async with open_pool(database.dsns["license"], "license", maximum=1) as pool:
        return list(await pool.fetch(statement))


async def audited(database: HubDatabase) -> list[tuple[str, dict[str, Any]]]:
    written = await rows(database, "SELECT event FROM outbox ORDER BY id")
    events = [AuditEvent.FromString(row["event"]) for row in written]
    return [(event.action, json.loads(event.details_json)) for event in events]


async def watched(database: HubDatabase, clock: SetClock) -> list[str]:
    """What is told of after two processes looked."""
    for _ in range(2):
        async with open_library(database, clock) as (library, _pool):
            await library.watch()
    return [row["stage"] for row in await rows(database, "SELECT stage FROM announcement ORDER BY id")]


async def test_a_licence_holds_from_its_installation_on_also_after_a_restart(database: HubDatabase) -> None:
    clock = SetClock()
    assert (await standing(database, clock)).entitlement.state is State.COMMUNITY
    installed = await install(database, clock, licence(id="L1"))
    assert (installed.entitlement.state, installed.entitlement.runners) == (State.VALID, 25)
    assert await standing(database, clock) == installed
    assert installed.problem == ""


async def test_installed_twice_it_is_answered_alike_and_audited_once(database: HubDatabase) -> None:
    clock, text = SetClock(), licence()
    first = await install(database, clock, text)
    clock.pass_(days=120)
    # Also once it has ended: it is no news to anybody.
    again = await install(database, clock, json.dumps(json.loads(text)))
    assert (again.installed_at, again.entitlement.terms) == (first.installed_at, first.entitlement.terms)
    ((action, details),) = await audited(database)
    assert (action, details["before"], details["after"]["customer"]) == ("license.installed", None, "Acme")


async def test_fifty_installations_at_once_leave_one_licence_in_force(database: HubDatabase) -> None:
    texts = [licence(id=f"L{number % 5}") for number in range(50)]
    async with open_library(database, SetClock()) as (library, pool):
        await asyncio.gather(*(library.install(text) for text in texts))
        async with pool.acquire() as connection:
            found = (await library.standing(connection)).entitlement.terms
    assert found is not None
    assert found.id in {f"L{number}" for number in range(5)}


async def test_each_refusal_names_its_reason_changes_nothing_and_is_audited(database: HubDatabase) -> None:
    clock = SetClock()
    await install(database, clock, licence(id="kept"))
    texts = {
        "LICENCE_MALFORMED": "PK\x03\x04",
        "LICENCE_TAMPERED": licence().replace('"runners": 25', '"runners": 26'),
        "LICENCE_KEY_UNKNOWN": licence(key=Ed25519PrivateKey.generate()),
        "LICENCE_OTHER_INSTALLATION": licence(installationId="0d4a6c7e-0000-4000-8000-000000000000"),
        "LICENCE_NOT_YET_VALID": licence(NOON + timedelta(days=1), issuedAt="2027-03-01T12:00:00Z"),
        "LICENCE_EXPIRED": licence(NOON - timedelta(days=200)),
        "LICENCE_TOO_LARGE": licence() + " " * 70_000,
    }
    for reason, text in texts.items():
        assert await refusal(database, clock, text) == reason
    assert [details for action, details in await audited(database) if action == "license.install_refused"] == [
        {"reason": reason} for reason in texts
    ]


async def test_a_licence_for_this_installation_is_taken_here_alone(
    database: HubDatabase, make_database: MakeDatabase
) -> None:
    clock = SetClock()
    text = licence(installationId=(await standing(database, clock)).installation_id)
    assert (await install(database, clock, text)).entitlement.state is State.VALID
    assert await refusal(await another(make_database), clock, text) == "LICENCE_OTHER_INSTALLATION"


async def test_nothing_of_a_licence_can_be_read_or_changed_in_the_database(database: HubDatabase) -> None:
    clock = SetClock()
    await install(database, clock, licence(id="L1", customer="Acme Robots"))
    ((sealed,),) = await rows(database, "SELECT sealed FROM licence")
    assert b"Acme" not in sealed
    await rows(database, "UPDATE licence SET sealed = set_byte(sealed, 200, get_byte(sealed, 200) # 1) RETURNING 1")
    found = await standing(database, clock)
    assert found.entitlement.state is State.COMMUNITY
    assert "install the licence again" in found.problem


async def test_a_licence_moved_into_another_installations_database_does_not_open(
    database: HubDatabase, make_database: MakeDatabase
) -> None:
    clock = SetClock()
    await install(database, clock, licence(id="L1"))
    ((sealed,),) = await rows(database, "SELECT sealed FROM licence")
    other = await another(make_database)
    await install(other, clock, licence(id="L1", limits={"runners": 1, "concurrentExecutions": 1}))
    async with open_pool(other.dsns["license"], "license") as pool:
        await pool.execute("UPDATE licence SET sealed = $1", sealed)
    assert (await standing(other, clock)).entitlement.state is State.COMMUNITY


async def test_with_another_installation_key_the_licence_is_asked_for_again_and_comes_back_with_the_old_one(
    database: HubDatabase,
) -> None:
    clock, text = SetClock(), licence()
    await install(database, clock, text)
    lost = await standing(database, clock, key="11" * 32)
    assert (lost.entitlement.state, "install the licence again" in lost.problem) == (State.COMMUNITY, True)
    assert (await standing(database, clock)).entitlement.state is State.VALID
    rotated = await standing(database, clock, key=f"{'11' * 32}\n{INSTALLATION_KEY}")
    assert (rotated.entitlement.state, rotated.problem) == (State.VALID, "")
    repaired = await install(database, clock, text, key="11" * 32)
    assert (repaired.entitlement.state, repaired.problem) == (State.VALID, "")


async def test_a_licence_counts_as_long_as_its_signing_key_is_known(database: HubDatabase) -> None:
    clock = SetClock()
    await install(database, clock, licence())
    without = await standing(database, clock, keys="")
    assert (without.entitlement.state, "does not know" in without.problem) == (State.COMMUNITY, True)
    reseller = Ed25519PrivateKey.generate()
    keys = f"{PUBLIC_KEY}\n{base64.b64encode(public_bytes(reseller)).decode()} Reseller Ltd"
    assert (await install(database, clock, licence(key=reseller, id="R1"), keys=keys)).problem == ""


async def test_setting_the_clock_back_does_not_prolong_a_licence(database: HubDatabase) -> None:
    clock = SetClock()
    await install(database, clock, licence(days=10))
    clock.pass_(days=12)
    async with open_library(database, clock) as (library, _):
        for _turn in range(2):
            await library.watch()
            # As if five hours passed until the next: twelve days behind, the mark needs so long.
            library._watched_at = (library._watched_at or 0.0) - 5 * 3_600.0
    assert (await standing(database, clock)).entitlement.state is State.GRACE
    clock.pass_(days=-11)
    found = await standing(database, clock)
    assert (found.entitlement.state, "11 days behind" in found.problem) == (State.GRACE, True)


async def test_a_mark_that_is_taken_from_the_database_is_missed(database: HubDatabase) -> None:
    clock = SetClock()
    await install(database, clock, licence())
    await rows(database, r"UPDATE installation SET mark = '\x00' RETURNING 1")
    assert "installation key" in (await standing(database, clock)).problem


async def test_a_clock_that_was_far_ahead_is_mended_by_a_licence_issued_since(database: HubDatabase) -> None:
    clock = SetClock()
    clock.pass_(days=20_000)
    await watched(database, clock)
    clock.pass_(days=-20_000)
    old = licence(NOON - timedelta(days=1), days=90_000)
    await install(database, clock, old)
    assert "behind" in (await standing(database, clock)).problem
    assert await refusal(database, clock, licence(NOON - timedelta(days=2), days=90)) == "LICENCE_EXPIRED"
    mended = await install(database, clock, licence(NOON, days=90))
    assert (mended.entitlement.state, mended.problem) == (State.VALID, "")


async def test_each_stage_is_told_of_once_whoever_looks_how_often(database: HubDatabase) -> None:
    clock = SetClock()
    await install(database, clock, licence())
    assert await watched(database, clock) == []
    clock.pass_(days=75)
    assert await watched(database, clock) == ["license.expiring"]
    clock.pass_(days=90)
    expected = ["license.expiring", "license.expired", "license.frozen", "license.lapsed"]
    assert await watched(database, clock) == expected
    assert await watched(database, clock) == expected
    told = [action for action, _ in await audited(database)]
    assert told == ["license.installed", *expected]
    await install(database, clock, licence(clock.at, days=10))
    assert await watched(database, clock) == [*expected, "license.expiring"]


async def licensing(library: Library, pool: Any, text: str) -> Licensing:
    await library.install(text)
    return Licensing(pool, library)


async def test_a_lower_limit_takes_nobodys_seat_and_gives_no_new_ones(database: HubDatabase) -> None:
    clock = SetClock()
    async with open_library(database, clock) as (library, pool):
        hub = await licensing(library, pool, licence())
        for number in range(20):
            await hub.acquire_seat("runner", f"r{number}")
        await library.install(licence(limits={"runners": 15, "concurrentExecutions": 5}))
        assert (await hub.acquire_seat("runner", "r19")).number == 20
        for number in range(5):
            await hub.release_seat("runner", f"r{number}")
            with pytest.raises(DomainError, match="15 runners"):
                await hub.acquire_seat("runner", "newcomer")
        await hub.release_seat("runner", "r5")
        assert (await hub.acquire_seat("runner", "newcomer")).number == 1


async def test_fifty_registrations_at_a_limit_of_ten_give_exactly_ten(database: HubDatabase) -> None:
    async with open_library(database, SetClock()) as (library, pool):
        hub = await licensing(library, pool, licence(limits={"runners": 10, "concurrentExecutions": 5}))
        answers = await asyncio.gather(
            *(hub.acquire_seat("runner", f"r{number}") for number in range(50)), return_exceptions=True
        )
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert (len(answers) - len(refused), {error.reason for error in refused}) == (10, {"LICENCE_SEATS_EXHAUSTED"})


async def test_frozen_nobody_new_gets_a_seat_and_everybody_else_keeps_theirs(database: HubDatabase) -> None:
    clock = SetClock()
    async with open_library(database, clock) as (library, pool):
        hub = await licensing(library, pool, licence())
        await hub.acquire_seat("runner", "old")
        clock.pass_(days=120)
        assert (await hub.acquire_seat("runner", "old")).limit == 25
        with pytest.raises(DomainError) as refused:
            await hub.acquire_seat("runner", "new")
        assert (refused.value.kind, refused.value.reason) == ("payment", "LICENCE_FROZEN")
        await hub.release_seat("runner", "old")
        entitlement, told = await hub.verdict()
        assert (entitlement.concurrent_executions, entitlement.frozen, told) == (200, True, [])
        clock.pass_(days=30)
        assert (await hub.acquire_seat("runner", "new")).limit == COMMUNITY_RUNNERS
        entitlement, _ = await hub.verdict()
        assert (entitlement.concurrent_executions, entitlement.frozen) == (COMMUNITY_CONCURRENT_EXECUTIONS, False)


async def test_what_is_told_of_is_offered_for_three_days(database: HubDatabase) -> None:
    clock = SetClock()
    async with open_library(database, clock) as (library, pool):
        hub = await licensing(library, pool, licence(days=20))
        await library.watch()
        _, told = await hub.verdict()
        assert [each.stage for each in told] == ["license.expiring"]
        assert json.loads(told[0].data)["customer"] == "Acme"
        async with pool.acquire() as connection:
            assert await repository.list_announcements(connection, 0.0) == []

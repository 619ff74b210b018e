"""Files over SFTP, with a real server on loopback."""

import asyncio
import hashlib

import asyncssh
import pytest

from services.launcher.ports import free_port
from tests.eventually import eventually
from tests.integration.runner.nodes.sftp_server import Place, sftp_server

DATA = bytes(range(256)) * 4_000


def leave_lost_connections(loop, context):
    """asyncssh leaves its parallel requests unread when the connection breaks; anything else is told as usual."""
    if not isinstance(context.get("exception"), asyncssh.SFTPConnectionLost):
        loop.default_exception_handler(context)


@pytest.fixture
async def sftp(tmp_path):
    asyncio.get_running_loop().set_exception_handler(leave_lost_connections)
    folder = tmp_path / "remote"
    folder.mkdir()
    async with sftp_server(Place(folder)) as place:
        yield place


async def test_a_file_is_put_and_fetched_whole(place, sftp):
    source = place.write("out/a.bin", DATA)
    sha256 = hashlib.sha256(DATA).hexdigest()
    put = await place.run("sftp.put", server=sftp.config, source="out/a.bin", target="in/new/b.bin", makeFolders=True)
    assert put == {"path": str(source), "target": "in/new/b.bin", "size": len(DATA), "sha256": sha256}
    assert sftp.names() == ["in/new/b.bin"]
    got = await place.run("sftp.get", server=sftp.config, source="in/new/b.bin", target="back/c.bin")
    assert (got["size"], got["sha256"], got["path"]) == (len(DATA), sha256, str(place.workdir / "back/c.bin"))
    assert got["modifiedAt"].endswith("Z")
    assert (place.workdir / "back/c.bin").read_bytes() == DATA


async def test_signing_in_by_a_key_with_a_passphrase(place, sftp):
    place.write("a", b"1")
    key = sftp.client_key.export_private_key("pkcs8-pem", passphrase="pass").decode()
    server = {**sftp.config, "password": None, "privateKey": key, "passphrase": "pass"}
    await place.run("sftp.put", server=server, source="a", target="a")
    for wrong in ({"passphrase": "wrong"}, {"passphrase": None}, {"privateKey": "no key"}):
        failure = await place.fail("sftp.put", server={**server, **wrong}, source="a", target="a")
        assert (failure.code, failure.retryable) == ("SFTP_KEY_INVALID", False)
        assert key not in failure.message


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"username": "nobody"}])
async def test_a_refused_sign_in_is_told_without_the_password(place, sftp, wrong):
    failure = await place.fail("sftp.list", server={**sftp.config, **wrong})
    assert (failure.code, failure.retryable) == ("SFTP_LOGIN_FAILED", False)
    assert sftp.config["password"] not in failure.message


async def test_a_server_with_another_key_is_not_trusted_and_its_key_is_shown(place, sftp):
    other = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint()
    failure = await place.fail("sftp.list", server={**sftp.config, "fingerprint": other})
    assert failure.code == "SFTP_UNTRUSTED"
    assert sftp.host_key.get_fingerprint() in failure.message
    assert failure.details["fingerprint"] == sftp.host_key.get_fingerprint()


async def test_known_hosts_decide_instead_of_a_fingerprint(place, sftp):
    public = sftp.host_key.export_public_key().decode().strip()
    place.write("known", f"[127.0.0.1]:{sftp.port} {public}\n")
    server = {**sftp.config, "fingerprint": None, "knownHosts": "known"}
    assert (await place.run("sftp.list", server=server))["count"] == 0
    place.write("known", f"[example.com]:22 {public}\n")
    failure = await place.fail("sftp.list", server=server)
    assert (failure.code, sftp.host_key.get_fingerprint() in failure.message) == ("SFTP_UNTRUSTED", True)
    assert (await place.fail("sftp.list", server={**server, "knownHosts": "none"})).code == "FILE_NOT_FOUND"


@pytest.mark.parametrize(
    "wrong",
    [{"fingerprint": None}, {"knownHosts": "k"}, {"fingerprint": "MD5:00"}, {"password": None}, {"username": ""}],
)
async def test_a_server_must_prove_who_it_is(place, wrong):
    server = {"host": "h", "username": "u", "password": "p", "fingerprint": "SHA256:" + "a" * 43}
    with pytest.raises(ValueError, match=r"fingerprint|password|username"):
        await place.run("sftp.list", server={**server, **wrong})


async def test_replacing_is_one_step_and_nobody_sees_half_a_file(place, sftp):
    place.write("a", DATA)
    (sftp.folder / "a").write_bytes(b"old")
    sftp.hangs_at = "rename"
    putting = asyncio.create_task(place.run("sftp.put", server=sftp.config, source="a", target="a"))
    await eventually(lambda: len(sftp.names()) == 2, 60)
    assert (sftp.folder / "a").read_bytes() == b"old"
    sftp.hangs_at = ""
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert sftp.names() == ["a"]
    await place.run("sftp.put", server=sftp.config, source="a", target="a")
    assert (sftp.folder / "a").read_bytes() == DATA


async def test_a_server_without_replacing_rename_is_served_as_well(place, sftp):
    sftp.has_posix_rename = False
    (sftp.folder / "a").write_bytes(b"old")
    place.write("a", DATA)
    await place.run("sftp.put", server=sftp.config, source="a", target="a")
    assert (sftp.folder / "a").read_bytes() == DATA
    assert sftp.names() == ["a"]


async def test_what_exists_is_kept_when_that_is_asked(place, sftp):
    (sftp.folder / "a").write_bytes(b"old")
    place.write("a", b"new")
    failure = await place.fail("sftp.put", server=sftp.config, source="a", target="a", ifExists="fail")
    assert failure.code == "SFTP_EXISTS"
    assert (sftp.folder / "a").read_bytes() == b"old"
    assert sftp.names() == ["a"]
    failure = await place.fail("sftp.get", server=sftp.config, source="a", target="a", ifExists="fail")
    assert failure.code == "FILE_EXISTS"


@pytest.mark.parametrize(
    ("node", "config", "code"),
    [
        ("sftp.get", {"source": "none", "target": "a"}, "SFTP_NOT_FOUND"),
        ("sftp.get", {"source": "folder", "target": "a"}, "SFTP_FAILED"),
        ("sftp.get", {"source": "big", "target": "a", "maxBytes": 99}, "SFTP_TOO_LARGE"),
        ("sftp.put", {"source": "none", "target": "a"}, "FILE_NOT_FOUND"),
        ("sftp.put", {"source": ".", "target": "a"}, "FILE_IS_FOLDER"),
        ("sftp.put", {"source": "own", "target": "folder"}, "SFTP_IS_FOLDER"),
        ("sftp.put", {"source": "own", "target": "folder/"}, "SFTP_IS_FOLDER"),
        ("sftp.put", {"source": "own", "target": "none/a"}, "SFTP_NOT_FOUND"),
        ("sftp.list", {"folder": "none"}, "SFTP_NOT_FOUND"),
        ("sftp.delete", {"path": "none", "missingOk": False}, "SFTP_NOT_FOUND"),
        ("sftp.delete", {"path": "folder"}, "SFTP_FAILED"),
    ],
)
async def test_what_cannot_be_done_names_the_path_and_leaves_nothing(place, sftp, node, config, code):
    (sftp.folder / "folder").mkdir()
    (sftp.folder / "big").write_bytes(b"x" * 100)
    place.write("own", b"x")
    before = sftp.names()
    failure = await place.fail(node, server=sftp.config, **config)
    assert failure.code == code
    assert (sftp.names(), place.names()) == (before, ["own"])


async def test_a_connection_that_breaks_before_the_end_may_be_tried_again(place, sftp):
    place.write("a", DATA)
    (sftp.folder / "b").write_bytes(DATA)
    sftp.breaks_at = "write"
    failure = await place.fail("sftp.put", server=sftp.config, source="a", target="a")
    assert (failure.code, failure.retryable) == ("SFTP_CONNECTION_LOST", True)
    sftp.breaks_at = "read"
    failure = await place.fail("sftp.get", server=sftp.config, source="b", target="b")
    assert (failure.code, failure.retryable) == ("SFTP_CONNECTION_LOST", True)
    assert place.names() == ["a"]


async def test_a_connection_that_breaks_in_the_last_step_is_for_a_person_to_judge(place, sftp):
    place.write("a", DATA)
    sftp.breaks_at = "rename"
    failure = await place.fail("sftp.put", server=sftp.config, source="a", target="a")
    assert (failure.code, failure.retryable) == ("SFTP_UNCERTAIN", False)


async def test_a_server_that_hangs_or_is_not_there_is_retryable(place, sftp):
    (sftp.folder / "a").write_bytes(DATA)
    sftp.hangs_at = "read"
    failure = await place.fail("sftp.get", server=sftp.config, source="a", target="a", timeoutSeconds=0.2)
    assert (failure.code, failure.retryable, place.names()) == ("SFTP_TIMEOUT", True, [])
    failure = await place.fail("sftp.list", server={**sftp.config, "port": free_port()})
    assert (failure.code, failure.retryable) == ("SFTP_UNREACHABLE", True)


async def test_a_folder_is_listed_by_pattern_kind_and_order(place, sftp):
    for name, size in (("b.csv", 3), ("a.csv", 5), ("c.txt", 1)):
        (sftp.folder / name).write_bytes(b"x" * size)
    (sftp.folder / "d.csv").mkdir()
    listed = await place.run("sftp.list", server=sftp.config, pattern="*.csv")
    assert [(entry["name"], entry["size"], entry["folder"]) for entry in listed["files"]] == [
        ("a.csv", 5, False),
        ("b.csv", 3, False),
    ]
    assert (listed["count"], listed["truncated"], listed["files"][0]["path"]) == (2, False, "./a.csv")
    by_size = await place.run("sftp.list", server=sftp.config, sort="size", descending=True, limit=2)
    assert ([entry["name"] for entry in by_size["files"]], by_size["truncated"]) == (["a.csv", "b.csv"], True)
    folders = await place.run("sftp.list", server=sftp.config, include="folders")
    assert [entry["name"] for entry in folders["files"]] == ["d.csv"]


async def test_deleting_twice_is_deleting_once(place, sftp):
    (sftp.folder / "a").write_bytes(b"x")
    assert (await place.run("sftp.delete", server=sftp.config, path="a"))["deleted"] is True
    assert (await place.run("sftp.delete", server=sftp.config, path="a"))["deleted"] is False
    assert sftp.names() == []

"""The data folder: closed to others, one Hub at a time, sockets with short paths."""

import os
import stat
from pathlib import Path

import pytest

from services.launcher.errors import LaunchRefusedError
from services.launcher.home import (
    LONGEST_SOCKET_PATH,
    close_sockets,
    hold_home,
    holder,
    open_home,
    write_private_file,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_folder_is_closed_to_other_accounts(tmp_path: Path) -> None:
    home = open_home(tmp_path / "data")
    folders = [home.root, home.secrets, home.tls, home.logs, home.processes, home.runner, home.sockets]
    assert [mode(folder) for folder in folders] == [0o700] * len(folders)


def test_an_open_folder_is_closed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    assert mode(open_home(tmp_path / "data").root) == 0o700


def test_a_private_file_replaces_the_old_one_and_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("old")
    file.chmod(0o644)
    write_private_file(file, b"new")
    assert (file.read_bytes(), mode(file), list(tmp_path.iterdir())) == (b"new", 0o600, [file])


def test_a_second_hub_in_the_same_folder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    with hold_home(home):
        assert holder(home) == os.getpid()
        with pytest.raises(LaunchRefusedError, match=rf"process {os.getpid()}.*make down"), hold_home(home):
            pass
    assert holder(home) is None
    with hold_home(home):
        pass


def test_a_file_in_the_place_of_the_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(LaunchRefusedError, match="EXEKRA_HOME"):
        open_home(tmp_path / "data")


def test_a_long_path_gets_a_short_private_socket_folder_that_is_kept_and_removed(tmp_path: Path) -> None:
    root = tmp_path / ("a" * 100)
    home = open_home(root)
    try:
        assert len(os.fsencode(home.socket("scheduler"))) <= LONGEST_SOCKET_PATH
        assert mode(home.sockets) == 0o700
        assert open_home(root).sockets == home.sockets
    finally:
        close_sockets(home)
    assert not home.sockets.exists()
    assert open_home(root).sockets != home.sockets
    close_sockets(open_home(root))


def test_a_remembered_socket_folder_that_became_a_link_is_not_believed(tmp_path: Path) -> None:
    root = tmp_path / ("a" * 100)
    home = open_home(root)
    home.sockets.rmdir()
    home.sockets.symlink_to(tmp_path)
    fresh = open_home(root)
    try:
        assert fresh.sockets != home.sockets
    finally:
        home.sockets.unlink()
        close_sockets(fresh)

"""Screens without a monitor, with a window manager and without one, and the program that is worked with."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from Xlib import X
from Xlib.display import Display

from runner.desktop import availability
from runner.desktop.model import Window
from runner.desktop.x11.driver import X11Driver
from tests.eventually import POLL_SECONDS, eventually
from tests.integration.runner.desktop import order_form
from tests.unit.runner.nodes.harness import Workplace

PATIENCE = 30.0
SIZE = "1024x768x24"
FORM = Path(order_form.__file__)


def required(program: str) -> str:
    """The program's path. A developer's machine may lack it, continuous integration must not."""
    path = shutil.which(program)
    if path is None:
        assert not os.environ.get("CI"), f"{program} is missing"
        pytest.skip(f"there is no {program}")
    return path


@contextmanager
def xvfb() -> Iterator[str]:
    """A screen of its own; answers its name."""
    ready, tell = os.pipe()
    command = [required("Xvfb"), "-displayfd", str(tell), "-screen", "0", SIZE, "-nolisten", "tcp", "-noreset"]
    with subprocess.Popen(command, pass_fds=[tell], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        os.close(tell)
        try:
            with os.fdopen(ready) as numbers:
                yield f":{int(numbers.readline())}"
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def bare_screen() -> Iterator[str]:
    """Without a window manager."""
    with xvfb() as name:
        yield name


@pytest.fixture(scope="session")
def managed_screen() -> Iterator[str]:
    """With a window manager that keeps to EWMH."""
    with xvfb() as name:
        manager = [required("openbox"), "--sm-disable"]
        environment = {**os.environ, "DISPLAY": name}
        with subprocess.Popen(
            manager, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            _wait_for_manager(name)
            yield name
            process.terminate()


def _wait_for_manager(screen: str) -> None:
    """A program that shows its window while the manager starts may be seen by nobody."""
    display = Display(screen)
    deadline = time.monotonic() + PATIENCE
    while not display.screen().root.get_full_property(display.get_atom("_NET_SUPPORTING_WM_CHECK"), X.AnyPropertyType):
        assert time.monotonic() < deadline, "the window manager does not start"
        time.sleep(POLL_SECONDS)
    display.close()


@pytest.fixture(params=["managed", "bare"])
def screen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the screen that this process uses."""
    name: str = request.getfixturevalue(f"{request.param}_screen")
    use_screen(name, monkeypatch)
    return name


def use_screen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process, and the programs it starts, be in the session of this screen."""
    monkeypatch.setenv("DISPLAY", name)
    for other in ("WAYLAND_DISPLAY", "XDG_SESSION_ID"):
        monkeypatch.delenv(other, raising=False)
    assert availability.desktop().is_there


@pytest.fixture
def driver(screen: str) -> Iterator[X11Driver]:
    """A driver of the screen."""
    driver = X11Driver.open()
    yield driver
    driver.close()


class Form:
    """The program in its window."""

    def __init__(self, result: Path, pid: int) -> None:
        self.path = result
        self.pid = pid

    @property
    def booked(self) -> list[str]:
        """What was booked, the earliest first."""
        return self.path.read_text(encoding="utf-8").splitlines()


@pytest.fixture
async def form(driver: X11Driver, tmp_path: Path) -> AsyncIterator[Form]:
    """The program, its window in front."""
    result = tmp_path / "booked.txt"
    with subprocess.Popen([python_with_tk(), str(FORM), str(result)]) as process:  # noqa: ASYNC220 - takes no time
        try:
            window = await eventually(lambda: window_of(driver, "Order 17"), PATIENCE)
            await eventually(lambda: brought_to_front(driver, window) and result.exists(), PATIENCE)
            yield Form(result, process.pid)
        finally:
            process.kill()
    # The server closes the windows of a program that was killed a little later.
    await eventually(lambda: window_of(driver, "Order 17") is None, PATIENCE)


def python_with_tk() -> str:
    """This Python, if it can show windows."""
    try:
        import tkinter as tk  # noqa: PLC0415
    except ImportError:
        assert not os.environ.get("CI"), "this Python has no tkinter"
        pytest.skip("this Python has no tkinter")
    assert tk.TkVersion
    return sys.executable


def window_of(driver: X11Driver, title: str) -> Window | None:
    """The window whose title begins so."""
    return next((window for window in driver.windows() if window.title.startswith(title)), None)


def brought_to_front(driver: X11Driver, window: Window) -> bool:
    """Ask for it, and say whether it is there."""
    now = next((each for each in driver.windows() if each.id == window.id), None)
    if now is None or not now.active:
        driver.activate(window)
        return False
    return True


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    """A place to run nodes in; what they open is closed."""
    workdir = tmp_path / "execution"
    workdir.mkdir()
    place = Workplace(workdir)
    yield place
    assert await place.resources.close() == []


def press(driver: X11Driver, *keys: str) -> None:
    """A combination of keys."""
    for key in keys:
        driver.key(key, down=True)
    for key in reversed(keys):
        driver.key(key, down=False)

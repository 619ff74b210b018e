"""Builds the browser UI and runs its tools: `python -m scripts.ui build|check|test|schema`.

Node comes from PATH when it is new enough, else from a wheel of its own beside `.venv`. Nothing is done twice: a build
is kept with a fingerprint of what it was made from. This script knows nothing of how the UI is served.
"""

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "services/gateway/ui"
DIST = UI / "dist"
STAMP = DIST / ".fingerprint"
NEXT = UI / "dist.new"
"""Where a build is made; it takes the place of the one before when it is whole."""
FAILURE = DIST / "failure.txt"
"""What a Hub without a build shows in its place."""
MODULES = UI / "node_modules"
LOCK = ROOT / "requirements-ui.lock"
NODE_VENV = ROOT / ".venv/node"
"""A virtual environment with Node in it, for machines that have none."""
OLDEST_NODE = (20, 19)
SOURCES = (
    "src",
    "public",
    "build",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "tsconfig.json",
)
LOCKED = UI / ".lock"
"""Held by whoever builds or fetches: a second start of a Hub from the same folder waits and finds the work done."""
SCHEMA = UI / "src/api/schema.d.ts"


class UiError(Exception):
    """The UI cannot be built or checked; says what is missing."""


@contextmanager
def alone() -> Iterator[None]:
    """Waits for other processes that build in this folder. Windows has no such lock, and no shared checkouts either."""
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - not on Windows

    with LOCKED.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fingerprint() -> str:
    """SHA-256 over the path and bytes of every source a build depends on."""
    digest = hashlib.sha256()
    for name in SOURCES:
        place = UI / name
        files = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
        for path in files:
            # Types and tests are no part of what the browser gets.
            if path == SCHEMA or ".test." in path.name:
                continue
            digest.update(f"{path.relative_to(UI).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def is_built() -> bool:
    """Whether what is in `dist` was made from these sources."""
    return STAMP.exists() and STAMP.read_text() == fingerprint() and (DIST / "index.html").exists()


@alone()
def build() -> None:
    """Make `dist` when the sources changed. Raises UiError."""
    if is_built():
        return
    wanted, started = fingerprint(), time.monotonic()
    try:
        _install(with_tools=False)
        say("building the browser UI's pages")
        vite = str(MODULES / "vite/bin/vite.js")
        run(("node", vite, "build", "--logLevel", "warn", "--outDir", NEXT.name, "--emptyOutDir"))
    except UiError as error:
        DIST.mkdir(exist_ok=True)
        FAILURE.write_text(f"It could not be built: {error}\n")
        raise
    shutil.rmtree(DIST, ignore_errors=True)
    NEXT.rename(DIST)
    STAMP.write_text(wanted)
    say(f"the browser UI is built ({time.monotonic() - started:.0f} s)")


@alone()
def install() -> None:
    """Make `node_modules` match the lock file, with the tools for tests and checks. Raises UiError."""
    _install(with_tools=True)


def _install(*, with_tools: bool) -> None:
    stamp = MODULES / ".fingerprint"
    wanted = hashlib.sha256((UI / "package-lock.json").read_bytes()).hexdigest()
    kept = stamp.read_text().split() if stamp.exists() else []
    if kept and kept[0] == wanted and (kept[1] == "tools" or not with_tools):
        return
    say("fetching the browser UI's packages")
    # Without the tools there is less to fetch; with them everything that needs less is served as well.
    run(("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", *(() if with_tools else ("--omit=dev",))))
    stamp.write_text(f"{wanted} {'tools' if with_tools else 'build'}")


@alone()
def schema() -> None:
    """Write the types of the API from its OpenAPI document, as the route table makes it now. Raises UiError."""
    _schema()


def _schema() -> None:
    # A program of its own: building needs none of the gateway.
    asked = (sys.executable, "-m", "scripts.openapi_document")
    document = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    stamp = MODULES / ".schema"
    wanted = hashlib.sha256(document.encode()).hexdigest()
    if SCHEMA.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    _install(with_tools=True)
    source = MODULES / ".openapi.json"
    source.write_text(document)
    run(
        (
            "node",
            str(MODULES / "openapi-typescript/bin/cli.js"),
            str(source),
            "-o",
            str(SCHEMA),
            "--default-non-nullable=false",
        ),
        quiet=True,
    )
    stamp.write_text(wanted)


@alone()
def check() -> None:
    """Format, lint and types, with the API's types as they are now: a changed route breaks the page that uses it."""
    _install(with_tools=True)
    _schema()
    for command in ("format-check", "lint", "types"):
        run(("npm", "run", "--silent", command))


@alone()
def test() -> None:
    """The UI's own unit tests."""
    _install(with_tools=True)
    _schema()
    run(("npm", "test", "--silent"))


def run(command: Sequence[str], *, quiet: bool = False) -> None:
    """Run one of Node's programs in the UI's folder. Raises UiError with what it said."""
    folder = node_folder()
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "1"}
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise UiError(f"{command[0]} was not found in {folder}.")
    done = subprocess.run(  # fixed programs, our own arguments
        [program, *command[1:]],
        cwd=UI,
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=quiet,
        text=True,
    )
    if done.returncode != 0:
        said = f"\n{done.stdout}{done.stderr}" if quiet else ""
        raise UiError(f"`{' '.join(command)}` ended with {done.returncode}.{said}")


def node_folder() -> Path:
    """The folder of a `node` that is new enough. Raises UiError when there is none and none can be fetched."""
    found = shutil.which("node")
    if found and version_of(found) >= OLDEST_NODE and shutil.which("npm", path=str(Path(found).parent)):
        return Path(found).parent
    scripts = NODE_VENV / ("Scripts" if os.name == "nt" else "bin")
    if not (NODE_VENV / "ready").exists():
        say("fetching Node, which this machine does not have in a version that will do")
        venv.create(NODE_VENV, clear=True, with_pip=True)
        pip = (str(scripts / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")
        install_node = (*pip, "install", "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK))
        if subprocess.run(install_node, check=False).returncode != 0:
            raise UiError("Node could not be fetched. Install Node 20.19 or newer, or connect this machine once.")
        (NODE_VENV / "ready").touch()
    return scripts


def version_of(program: str) -> tuple[int, ...]:
    """(20, 19) of `node --version`; nothing when it does not say."""
    said = subprocess.run([program, "--version"], check=False, capture_output=True, text=True).stdout
    parts = said.strip().removeprefix("v").split(".")
    return tuple(int(part) for part in parts[:2]) if all(part.isdecimal() for part in parts[:2]) else ()


def say(message: str) -> None:
    """Progress, for the person who waits."""
    print(message, flush=True)


COMMANDS = {"build": build, "check": check, "test": test, "schema": schema}


def end_with_stdin() -> None:
    """Ends this process and what it started, at once, as soon as its standard input ends: nobody wants it then."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def main() -> int:
    """Returns 0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument(
        "--while-stdin", action="store_true", help="end with standard input; for one who leads a session of its own"
    )
    asked = parser.parse_args()
    if asked.while_stdin:
        end_with_stdin()
    try:
        COMMANDS[asked.command]()
    except (UiError, OSError) as error:
        print(f"ui: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m scripts.demo --url …`: the demo against a Hub that runs already, in containers or on another machine.

Its runner may have another file system and another loopback address than this process: `--files HERE:THERE` names a
folder both see, and `--listen` an address of this machine that the runner reaches.
"""

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.demo.regions_service import LOOPBACK


@dataclass(frozen=True)
class SharedFolder:
    """One folder under two names."""

    here: Path
    there: str

    @classmethod
    def read(cls, text: str) -> "SharedFolder":
        """From `HERE:THERE`. Raises ValueError when one of the two is missing."""
        here, _, there = text.partition(":")
        if not here or not there:
            raise ValueError(text)
        return cls(Path(here), there.rstrip("/"))

    def place(self, file: Path) -> str:
        """Copy a file into the folder, readable for everybody; its path as the runner writes it."""
        target = self.here / file.name
        shutil.copyfile(file, target)
        target.chmod(0o644)
        return f"{self.there}/{file.name}"


@dataclass(frozen=True)
class ExistingHub:
    """Where it is, whom it lets in, and what its runner shares with this process."""

    url: str
    authority: Path
    email: str
    password: str
    listen: str
    shared: SharedFolder | None

    def path_for_runner(self, file: Path) -> str:
        """Where the runner finds this file."""
        return self.shared.place(file) if self.shared else str(file)


def read_arguments(arguments: Sequence[str]) -> ExistingHub | None:
    """The Hub that is named, None when the demo is to start its own. Exits with 2 for arguments that do not fit.

    Raises:
        OSError: the file with the password cannot be read.
    """
    parser = argparse.ArgumentParser(prog="python -m scripts.demo", description=__doc__)
    parser.add_argument("--url", help="https://host:4545 of a Hub that runs; without it the demo starts its own")
    parser.add_argument("--ca", type=Path, help="PEM file of the Hub's authority (GET /ca.pem)")
    parser.add_argument("--email", help="of a person who may edit workflows")
    parser.add_argument("--password-file", type=Path, help="file with this person's password")
    parser.add_argument("--listen", default=LOOPBACK, help="address of this machine that the runner reaches")
    parser.add_argument("--files", type=SharedFolder.read, metavar="HERE:THERE", help="folder shared with the runner")
    given = parser.parse_args(arguments)
    needed = {"--ca": given.ca, "--email": given.email, "--password-file": given.password_file}
    if given.url is None:
        if any(needed.values()) or given.files or given.listen != LOOPBACK:
            parser.error("--url is missing")
        return None
    if missing := [name for name, value in needed.items() if value is None]:
        parser.error(f"--url needs {', '.join(missing)}")
    password = given.password_file.read_text().rstrip("\n")
    return ExistingHub(given.url.rstrip("/"), given.ca, given.email, password, given.listen, given.files)

"""What the demo works on: its workflow, the table of regions, and a public file of airports."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parents[2] / "infra" / "demo"
REGIONS: Final = FOLDER / "regions.json"
LOCK: Final = FOLDER / "requirements.lock"
PACKAGE: Final = "vega_datasets"
INSTALL_SECONDS: Final = 300


class MaterialMissingError(Exception):
    """The package with the airports could not be installed; the message says what to do."""


def read_graph(name: str = "airports-by-region") -> dict[str, Any]:
    """A workflow's graph as it is stored, exported and imported."""
    graph: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_bytes())
    return graph


def airports_file(packages: Path) -> Path:
    """The CSV file of airports: from an installed package, else from one installed into the folder `packages`.

    Raises:
        MaterialMissingError: pip could not install it.
    """
    # Only looked up, never imported: importing it would need pandas.
    spec = find_spec(PACKAGE)
    folders = [*(spec.submodule_search_locations or ())] if spec else [str(packages / PACKAGE)]
    file = Path(folders[0]) / "_data" / "airports.csv"
    if not file.exists():
        _install(packages)
    if not file.exists():
        raise MaterialMissingError(f"{file} is not there; delete {packages} and run the demo again.")
    return file


def _install(packages: Path) -> None:
    options = ["--no-deps", "--require-hashes", "--upgrade", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(packages), "-r", str(LOCK)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode != 0:
        raise MaterialMissingError(
            f"The demo's files could not be installed from {LOCK}; check the network.\n{done.stderr[-1000:]}"
        )

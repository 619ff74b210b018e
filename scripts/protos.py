"""Generates Python from `proto/` into `proto/gen/` when the sources changed: messages, gRPC stubs and their types."""

import hashlib
import shutil
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "proto"
TARGET = SOURCE / "gen"
STAMP = TARGET / ".stamp"


def fingerprint(sources: list[Path]) -> str:
    """SHA-256 over the generator's version and every source's path and bytes."""
    digest = hashlib.sha256(version("grpcio-tools").encode())
    for source in sources:
        digest.update(str(source.relative_to(SOURCE)).encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


def generate() -> int:
    """Returns protoc's exit status; 0 as well when nothing had to be done."""
    sources = sorted((SOURCE / "exekra").rglob("*.proto"))
    wanted = fingerprint(sources)
    if STAMP.exists() and STAMP.read_text() == wanted:
        return 0
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    well_known = str(files("grpc_tools") / "_proto")
    scripts = Path(sys.executable).parent
    status: int = protoc.main(
        [
            "protoc",
            f"-I{SOURCE}",
            f"-I{well_known}",
            f"--plugin=protoc-gen-mypy={scripts / 'protoc-gen-mypy'}",
            f"--plugin=protoc-gen-mypy_grpc={scripts / 'protoc-gen-mypy_grpc'}",
            f"--python_out={TARGET}",
            f"--grpc_python_out={TARGET}",
            f"--mypy_out={TARGET}",
            f"--mypy_grpc_out={TARGET}",
            *(str(source.relative_to(SOURCE)) for source in sources),
        ]
    )
    if status == 0:
        STAMP.write_text(wanted)
    return status


if __name__ == "__main__":
    sys.exit(generate())

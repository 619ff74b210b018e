"""Puts the evidence package together for the scheduler's process: its two services and the bell behind them."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from exekra.scheduler.v1 import (
    changes_service_pb2,
    changes_service_pb2_grpc,
    evidence_service_pb2,
    evidence_service_pb2_grpc,
)
from services.kit.rpc_server import Registration
from services.scheduler.evidence.artifacts import ARTIFACT_MAX_BYTES, Artifacts
from services.scheduler.evidence.bell import Bell
from services.scheduler.evidence.files import ArtifactFiles
from services.scheduler.evidence.rpc import ChangesServicer, EvidenceServicer
from services.scheduler.evidence.watching import Watching

if TYPE_CHECKING:
    from services.kit.postgres import Pool


@dataclass(frozen=True, slots=True)
class EvidenceParts:
    """`bell.run(stop)` belongs among the process's background parts."""

    registrations: list[Registration]
    bell: Bell
    artifacts: Artifacts


def artifact_folder(home: Path) -> Path:
    """Where the bytes of artifacts lie."""
    return home / "artifacts"


def compose_evidence(
    pool: "Pool", dsn: str, home: Path, stop: asyncio.Event, artifact_max_bytes: int = ARTIFACT_MAX_BYTES
) -> EvidenceParts:
    """`dsn` is the service's own role's: the bell listens on a connection beside the pool."""
    bell = Bell(dsn)
    artifacts = Artifacts(pool, ArtifactFiles(artifact_folder(home)), artifact_max_bytes)
    registrations = [
        Registration(
            evidence_service_pb2_grpc.add_EvidenceServiceServicer_to_server,
            EvidenceServicer(pool, artifacts),
            evidence_service_pb2.DESCRIPTOR.services_by_name["EvidenceService"],
        ),
        Registration(
            changes_service_pb2_grpc.add_ChangesServiceServicer_to_server,
            ChangesServicer(Watching(pool, bell, stop)),
            changes_service_pb2.DESCRIPTOR.services_by_name["ChangesService"],
        ),
    ]
    return EvidenceParts(registrations, bell, artifacts)

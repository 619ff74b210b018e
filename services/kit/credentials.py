"""Credentials of the Hub's internal gRPC: none on Unix sockets (the folder is 0700), mutual TLS between hosts."""

from pathlib import Path

import grpc

from services.kit.errors import DomainError, Kind


def is_unix(address: str) -> bool:
    """True for `unix:<path>`."""
    return address.startswith("unix:")


def _read(folder: Path | None, service: str) -> tuple[bytes, bytes, bytes]:
    if folder is None:
        raise DomainError(
            Kind.INVALID,
            "INTERNAL_TLS_MISSING",
            "Addresses other than Unix sockets need mutual TLS: set EXEKRA_INTERNAL_TLS to the folder with ca.pem, "
            f"{service}.pem and {service}.key.",
        )
    return (
        (folder / "ca.pem").read_bytes(),
        (folder / f"{service}.key").read_bytes(),
        (folder / f"{service}.pem").read_bytes(),
    )


def server_credentials(folder: Path | None, service: str) -> grpc.ServerCredentials:
    """Demands a client certificate signed by the same CA."""
    ca, key, certificate = _read(folder, service)
    return grpc.ssl_server_credentials([(key, certificate)], root_certificates=ca, require_client_auth=True)


def channel_credentials(folder: Path | None, service: str) -> grpc.ChannelCredentials:
    """Shows the service's own certificate."""
    ca, key, certificate = _read(folder, service)
    return grpc.ssl_channel_credentials(root_certificates=ca, private_key=key, certificate_chain=certificate)

"""Runs inside a container: asks a service whether it serves, and prints SERVING or the status of the refusal.

Arguments: address, `plain` | `anonymous` (TLS without a certificate) | the name of the certificate to show.
"""

import sys
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

KEYS = Path("/keys/internal")


def open_channel(address: str, shown: str) -> grpc.Channel:
    if shown == "plain":
        return grpc.insecure_channel(address)
    authority = (KEYS / "ca.pem").read_bytes()
    if shown == "anonymous":
        return grpc.secure_channel(address, grpc.ssl_channel_credentials(authority))
    key, certificate = (KEYS / f"{shown}.key").read_bytes(), (KEYS / f"{shown}.pem").read_bytes()
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(authority, key, certificate))


with open_channel(sys.argv[1], sys.argv[2]) as channel:
    try:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
        sys.stdout.write(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
    except grpc.RpcError as error:
        sys.stdout.write(error.code().name)

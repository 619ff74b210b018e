"""The way to the Hub: who this runner is, whether it is the Hub it was paired with, whether it takes the runner."""

import asyncio
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta

from cryptography import x509

from exekra.registry.v1 import runner_service_pb2 as pb
from runner.agent import identity, machine
from runner.agent.doctor.finding import REFUSED, UNREACHABLE, Finding, broken, fine, lacking
from runner.agent.grpc_transport import GrpcTransport
from runner.agent.settings import RunnerSettings
from runner.agent.transport import HubRefusedError, HubUnavailableError

CLOCK_SECONDS = 5.0
"""A clock that is further off than this is told: times in logs would not fit together."""
EXPIRY_WARNING = timedelta(days=30)


async def examine(settings: RunnerSettings) -> list[Finding]:
    """Identity, CA, Hub and clock; ends with the first that is broken, because the rest follows from it."""
    try:
        who = identity.load(settings)
        pinned = _pinned(who.ca)
    except (identity.IdentityError, OSError, ValueError) as error:
        return [broken("identity", str(error), "Run `exekra-runner pair …` as the Hub shows it.")]
    known = fine("identity", f"Paired with {who.address}.")
    seen = await asyncio.to_thread(_certificate, who, settings.answer_seconds)
    if not seen.ok:
        return [known, pinned, seen]
    return [known, pinned, *await _log_in(who, settings)]


def _pinned(ca: bytes) -> Finding:
    fingerprint = identity.certificate_fingerprint(ca)
    ends_at = x509.load_pem_x509_certificate(ca).not_valid_after_utc
    day = f"{ends_at:%Y-%m-%d}"
    if ends_at <= datetime.now(UTC):
        return broken("ca", f"The Hub's CA {fingerprint} ended on {day}.", "Renew the Hub's CA and pair again.")
    if ends_at - datetime.now(UTC) < EXPIRY_WARNING:
        return lacking("ca", f"The Hub's CA {fingerprint} ends on {day}.", "Renew the Hub's CA and pair again.")
    return fine("ca", f"The Hub's CA is {fingerprint}, valid until {day}.")


def _certificate(who: identity.Identity, seconds: float) -> Finding:
    """Whether what answers at the Hub's address was signed by the pinned CA; for gRPC this is a failure like others."""
    host, _, port = who.address.rpartition(":")
    host = host.strip("[]")
    try:
        trusted = ssl.create_default_context(cadata=who.ca.decode("ascii"))
        with (
            socket.create_connection((host, int(port)), timeout=seconds) as connection,
            trusted.wrap_socket(connection, server_hostname=host),
        ):
            return fine("hub", "")
    except ssl.SSLCertVerificationError as error:
        problem = (
            f"{who.address} shows a certificate that the pinned CA did not sign for it ({error.verify_message}): "
            "another Hub, or something stands between this machine and the Hub."
        )
        return broken("hub", problem, "If the Hub has a new CA, pair again.", REFUSED)
    except (OSError, ValueError) as error:
        problem = f"Cannot be reached at {who.address}: {error}."
        return broken(
            "hub", problem, "See whether the Hub runs and this machine may connect to that port.", UNREACHABLE
        )


async def _log_in(who: identity.Identity, settings: RunnerSettings) -> list[Finding]:
    transport = GrpcTransport(who.address, who.ca, settings.answer_seconds)
    request = pb.AuthenticateRequest(
        machine_key=who.credentials.machine_key,
        machine_secret=who.credentials.machine_secret,
        protocol=identity.PROTOCOL,
        version=identity.VERSION,
        hostname=machine.hostname(),
        platform=machine.description(),
    )
    asked_at = time.time()
    try:
        answer = await transport.authenticate(request)
    except HubUnavailableError as error:
        return [broken("hub", f"Cannot be reached: {error}", exit_code=UNREACHABLE)]
    except HubRefusedError as error:
        fix = "See whether the runner is enabled in the Hub, and pair again if its secret was replaced."
        return [broken("hub", f"Refuses this runner: {error}", fix, REFUSED)]
    finally:
        await transport.close()
    between = (asked_at + time.time()) / 2
    labels = f", labels {', '.join(answer.labels)}" if answer.labels else ""
    slots = "1 slot" if answer.slots == 1 else f"{answer.slots} slots"
    found = fine("hub", f"Knows this runner as {answer.name}, {slots}{labels}.")
    if not answer.HasField("answered_at"):  # an older Hub
        return [found]
    return [found, _clock(answer.answered_at.ToDatetime(UTC).timestamp() - between)]


def _clock(ahead: float) -> Finding:
    if abs(ahead) <= CLOCK_SECONDS:
        return fine("clock", f"Within {max(1, round(abs(ahead)))} s of the Hub's.")
    way = "behind" if ahead > 0 else "ahead of"
    problem = f"{abs(ahead):,.0f} s {way} the Hub's: times in logs and in `now()` will not fit together."
    return lacking("clock", problem, "Switch on the setting of this machine's clock by a time server (NTP).")

"""What `exekra doctor` looks at. Each check says what it found and what to do; one that fails ends those behind it."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from services.cli.client import Hub
from services.cli.errors import UNREACHABLE, CliError
from services.cli.profile import Profile

GOOD, POOR, BAD = "ok", "warning", "wrong"
CLOCK_SECONDS = 5.0
"""Apart by more, leases and sessions are judged wrongly."""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding."""

    name: str
    verdict: str
    message: str

    def as_json(self) -> dict[str, str]:
        """For scripts."""
        return {"name": self.name, "verdict": self.verdict, "message": self.message}


async def check_all(profile: Profile) -> list[Check]:
    """All findings, in the order of what needs what."""
    found: list[Check] = []
    try:
        async with Hub(profile) as hub:
            async for check in _checks(hub):
                found.append(check)  # noqa: PERF401 - what was found before a failure must not be lost
    except CliError as error:
        name = "reachable" if error.exit_code == UNREACHABLE else "answers"
        found.append(Check(name, BAD, " ".join([error.message, *error.details])))
    return found


async def _checks(hub: Hub) -> AsyncIterator[Check]:
    async with hub.request("GET", "/healthz", api=False) as response:
        date = response.headers.get("Date", "")
    yield Check("reachable", GOOD, f"{hub.profile.url}, its certificate is trusted")
    yield _clock(date)
    yield await _services(hub)
    if not hub.profile.signed_in:
        yield Check("signed in", POOR, "Not signed in; what follows needs it: exekra login")
        return
    who = await hub.get("/auth/me")
    yield Check("signed in", GOOD, f"as {who['user']['email']}, role {who['user']['role']}")
    if "license:view" in who["permissions"]:
        yield _license((await hub.get("/license"))["license"])
    if "runner:view" in who["permissions"]:
        yield _runners(await hub.items("/runners"))


def _clock(date: str) -> Check:
    if not date:
        return Check("clock", POOR, "The Hub does not say what time it is.")
    apart = abs(parsedate_to_datetime(date).timestamp() - time.time())
    if apart > CLOCK_SECONDS:
        return Check("clock", POOR, f"This machine and the Hub are {apart:.0f} s apart. Let both follow a time server.")
    return Check("clock", GOOD, "agrees with the Hub's")


async def _services(hub: Hub) -> Check:
    try:
        ready = await hub.call("GET", "/readyz", api=False)
    except CliError:
        return Check(
            "services", BAD, "Not all of the Hub's services answer. Its logs name the one; /readyz shows which."
        )
    return Check("services", GOOD, ", ".join(sorted(ready.get("checks", {}))) or "ready")


def _license(found: dict[str, Any]) -> Check:
    used, limit = found["runnersUsed"], found["runnerLimit"]
    text = f"{found['edition']}, {found['state']}, {used} of {limit} runners"
    if found["state"] in ("grace", "expired"):
        return Check("licence", POOR, f"{text}. Install a new one.")
    return Check("licence", POOR if used >= limit else GOOD, text)


def _runners(found: list[dict[str, Any]]) -> Check:
    if not found:
        return Check("runners", POOR, "None is registered, so nothing runs: exekra runner register NAME")
    cloned = [runner["name"] for runner in found if runner["cloned"]]
    if cloned:
        return Check(
            "runners", BAD, f"Two machines use the same key: {', '.join(cloned)}. Rotate it: exekra runner rotate"
        )
    connected = sum(runner["state"] != "OFFLINE" for runner in found)
    text = f"{connected} of {len(found)} connected"
    return Check("runners", GOOD if connected else BAD, text if connected else f"{text}. Start one: exekra-runner run")

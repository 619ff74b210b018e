"""What `exekra doctor` looks at. Each check says what it found and what to do; one that fails ends those behind it."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.cli.client import connected
from services.cli.errors import UNREACHABLE, CliError
from services.cli.profile import Profile
from services.client import Hub, Unavailable
from services.client.models.administration import Dispatch, License
from services.client.models.runners import Runner

GOOD, POOR, BAD = "ok", "warning", "wrong"
CLOCK_SECONDS = 5.0
"""Apart by more, leases and sessions are judged wrongly."""

OLD_BACKUP = timedelta(days=7)


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
        async with connected(profile) as hub:
            async for check in _checks(hub, profile.signed_in):
                found.append(check)  # noqa: PERF401 - what was found before a failure must not be lost
    except CliError as error:
        name = "reachable" if error.exit_code == UNREACHABLE else "answers"
        found.append(Check(name, BAD, " ".join([error.message, *error.details])))
    return found


async def _checks(hub: Hub, signed_in: bool) -> AsyncIterator[Check]:
    now = await hub.time()
    yield Check("reachable", GOOD, f"{hub.url}, its certificate is trusted")
    yield _clock(now)
    yield await _services(hub)
    if not signed_in:
        yield Check("signed in", POOR, "Not signed in; what follows needs it: exekra login")
        return
    who = await hub.administration.me()
    yield Check("signed in", GOOD, f"as {who.user.email}, role {who.user.role}")
    if "license:view" in who.permissions:
        yield _license(await hub.administration.license())
    if "execution:view" in who.permissions:
        yield _dispatch(await hub.administration.dispatch())
    if "runner:view" in who.permissions:
        yield _runners([runner async for runner in hub.runners.each()])
    if "audit:view" in who.permissions:
        yield _backup(await last_backup(hub))


def _clock(now: datetime | None) -> Check:
    if now is None:
        return Check("clock", POOR, "The Hub does not say what time it is.")
    apart = abs(now.timestamp() - time.time())
    if apart > CLOCK_SECONDS:
        return Check("clock", POOR, f"This machine and the Hub are {apart:.0f} s apart. Let both follow a time server.")
    return Check("clock", GOOD, "agrees with the Hub's")


async def _services(hub: Hub) -> Check:
    try:
        ready = await hub.look("/readyz")
    except Unavailable:
        return Check(
            "services", BAD, "Not all of the Hub's services answer. Its logs name the one; /readyz shows which."
        )
    return Check("services", GOOD, ", ".join(sorted(ready.get("checks", {}))) or "ready")


def _license(found: License) -> Check:
    used, limit = found.runners_used, found.runner_limit
    text = f"{found.edition}, {found.state}, {used} of {limit} runners"
    if found.problem:
        return Check("licence", POOR, f"{text}. {found.problem}")
    if found.state in ("grace", "frozen", "expired"):
        return Check("licence", POOR, f"{text}. Install a new one: exekra license install FILE")
    return Check("licence", POOR if used >= limit else GOOD, text)


async def last_backup(hub: Hub) -> datetime | None:
    """When the newest backup was made that the audit log knows of. Needs `audit:view`."""
    async for event in hub.administration.audit(action="backup.made", most=1):
        return event.at
    return None


def _backup(made_at: datetime | None) -> Check:
    if made_at is None:
        return Check("backup", POOR, "None was ever made: exekra backup FILE")
    age = datetime.now(UTC) - made_at
    text = f"the last backup was made at {made_at:%Y-%m-%d %H:%M} UTC"
    if age > OLD_BACKUP:
        return Check("backup", POOR, f"{text}, {age.days} days ago. Make them by a schedule: exekra backup FILE")
    return Check("backup", GOOD, text)


def _dispatch(found: Dispatch) -> Check:
    if not found.held:
        return Check("dispatch", GOOD, "work is assigned")
    return Check(
        "dispatch",
        POOR,
        f"held by {found.held_by}: {found.reason or 'no reason given'}. Nothing is assigned until a person says: "
        "exekra dispatch release",
    )


def _runners(found: list[Runner]) -> Check:
    if not found:
        return Check("runners", POOR, "None is registered, so nothing runs: exekra runner register NAME")
    cloned = [runner.name for runner in found if runner.cloned]
    if cloned:
        return Check(
            "runners", BAD, f"Two machines use the same key: {', '.join(cloned)}. Rotate it: exekra runner rotate"
        )
    connected = sum(runner.state != "OFFLINE" for runner in found)
    text = f"{connected} of {len(found)} connected"
    return Check("runners", GOOD if connected else BAD, text if connected else f"{text}. Start one: exekra-runner run")

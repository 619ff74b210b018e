"""The installed licences: takes one in, says what the one in force allows now, watches it near its end.

A licence lies sealed in the database and is verified again at each look, so no change of a row can make or widen one.
What cannot be opened or verified counts as none, is said with what to do about it, and is never deleted.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from services.kit.clock import Clock
from services.kit.errors import DomainError
from services.kit.identity import SYSTEM, acting_principal
from services.kit.ids import new_id
from services.kit.outbox import Outbox, Resource
from services.kit.sealing import Binding, Sealer, SealingError
from services.license import repository
from services.license.clock import Reading, advance, decode_mark, encode_mark, mark_binding, read_clock
from services.license.envelope import SignedLicence, read_licence
from services.license.errors import licence_expired, not_yet_valid, other_installation
from services.license.keys import KeyRing
from services.license.model import EVERYWHERE, Stage, Standing, Terms, judge, stages_reached
from services.license.repository import Installed

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

log = structlog.get_logger()

FIRST_LOOK_SECONDS: Final = 60.0
WORDS: Final = {
    Stage.EXPIRING: "The licence ends soon.",
    Stage.EXPIRED: "The licence has ended; its days of grace have begun.",
    Stage.FROZEN: "The days of grace are over: nothing can be added until a new licence is installed.",
    Stage.LAPSED: "The licence ended long ago: the limits of the community edition hold.",
}
UNSEALED: Final = (
    "The installed licence cannot be opened with the installation key. "
    "Put the key file back, or install the licence again."
)
UNVERIFIED: Final = "The installed licence no longer counts: {why} Install it again or ask for a new one."
ROLLED_BACK: Final = (
    "The clock of the Hub's machine is {behind} behind the time it has shown before. Set it right; "
    "if it was ahead then, ask for a licence issued today and install that."
)


class Library:
    """The licences of this installation. `changed` is called after what is allowed has changed."""

    def __init__(
        self,
        pool: "Pool",
        sealer: Sealer,
        keys: KeyRing,
        outbox: Outbox,
        clock: Clock,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._pool = pool
        self._sealer = sealer
        self._keys = keys
        self._outbox = outbox
        self._clock = clock
        self._changed = changed
        self._watched_at: float | None = None

    async def standing(self, connection: "Connection") -> Standing:
        """What holds now."""
        return self._judge(await repository.read_installed(connection))

    async def install(self, text: str) -> None:
        """Puts a licence in force; the one that is in force already changes nothing.

        Raises LICENCE_TOO_LARGE, LICENCE_MALFORMED, LICENCE_KEY_UNKNOWN, LICENCE_TAMPERED, LICENCE_OTHER_INSTALLATION,
        LICENCE_NOT_YET_VALID, LICENCE_EXPIRED. A refusal is audited as well.
        """
        try:
            await self._install(read_licence(text, self._keys))
        except DomainError as error:
            async with self._pool.acquire() as connection:
                await self._outbox.record(
                    connection, "license.install_refused", Resource("license"), {"reason": error.reason}
                )
            raise
        self._changed()

    async def watch(self) -> None:
        """One turn: moves the mark of the clock on, and announces each stage that the licence has reached once."""
        told = False
        elapsed = FIRST_LOOK_SECONDS if self._watched_at is None else time.monotonic() - self._watched_at
        async with self._pool.acquire() as connection, connection.transaction():
            installed = await repository.read_installed(connection, lock=True)
            reading = await self._move_mark(connection, installed, elapsed)
            signed, _ = self._open(installed)
            if signed is not None:
                for stage in stages_reached(signed.terms, reading.now):
                    told |= await self._announce(connection, signed.terms, stage)
        self._watched_at = time.monotonic()
        if reading.rolled_back:
            log.warning("the clock is behind the time it has shown before", behind=str(reading.behind))
        if told:
            self._changed()

    async def _install(self, new: SignedLicence) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            installed = await repository.read_installed(connection, lock=True)
            current, problem = self._open(installed)
            if current is not None and not problem and current.document == new.document:
                return
            reading = self._vouched(installed, current, new.terms)
            _check(new.terms, installed.installation_id, reading)
            sealed = self._sealer.seal(new.document, _binding(new.terms.id, installed.installation_id))
            await repository.put_in_force(connection, new.terms.id, sealed, acting_principal())
            await self._save_mark(connection, installed, reading)
            await self._outbox.record(
                connection,
                "license.installed",
                Resource("license", new.terms.id, new.terms.customer),
                {"before": _audited(current), "after": _audited(new)},
            )

    def _vouched(self, installed: Installed, current: SignedLicence | None, new: Terms) -> Reading:
        """A licence issued later than the one in force vouches for the time: the way out after a clock was ahead.

        So does any when the mark cannot be opened. One issued earlier may be an old file, and says nothing of today.
        """
        shown = self._clock.now()
        mark, readable = self._mark(installed)
        if not readable or (current is not None and new.issued_at > current.terms.issued_at):
            return read_clock(shown, new.issued_at)
        return read_clock(shown, mark)

    def _judge(self, installed: Installed) -> Standing:
        signed, problem = self._open(installed)
        mark, readable = self._mark(installed)
        reading = read_clock(self._clock.now(), mark)
        if not problem and not readable:
            problem = UNSEALED
        if not problem and reading.rolled_back:
            problem = ROLLED_BACK.format(behind=_rounded(reading.behind))
        return Standing(
            entitlement=judge(signed.terms if signed else None, reading.now),
            installation_id=installed.installation_id,
            key_id=signed.kid if signed else "",
            installed_at=installed.installed_at,
            installed_by=installed.installed_by,
            problem=problem,
        )

    def _open(self, installed: Installed) -> tuple[SignedLicence | None, str]:
        """The licence in force; without one that counts, why not, or "" when none was installed."""
        if installed.licence_id is None:
            return None, ""
        try:
            document = self._sealer.open(installed.sealed, _binding(installed.licence_id, installed.installation_id))
            return read_licence(document.decode(), self._keys), ""
        except SealingError:
            return None, UNSEALED
        except DomainError as error:
            return None, UNVERIFIED.format(why=error.message)

    def _mark(self, installed: Installed) -> tuple[datetime | None, bool]:
        """The latest time shown before, if there is one; and whether what is there can be opened."""
        if installed.mark is None:
            return None, True
        try:
            return decode_mark(self._sealer.open(installed.mark, mark_binding(installed.installation_id))), True
        except SealingError:
            return None, False

    async def _move_mark(self, connection: "Connection", installed: Installed, elapsed: float) -> Reading:
        mark, readable = self._mark(installed)
        shown = self._clock.now()
        if readable:
            await self._save_mark(connection, installed, Reading(advance(mark, shown, elapsed), timedelta()))
        # One that cannot be opened stays: the right key may only be away.
        return read_clock(shown, mark)

    async def _save_mark(self, connection: "Connection", installed: Installed, reading: Reading) -> None:
        binding = mark_binding(installed.installation_id)
        await repository.save_mark(connection, self._sealer.seal(encode_mark(reading.now), binding))

    async def _announce(self, connection: "Connection", terms: Terms, stage: Stage) -> bool:
        data = {"message": WORDS[stage], **_described(terms)}
        if not await repository.announce(connection, terms.id, stage, new_id(), json.dumps(data)):
            return False
        resource = Resource("license", terms.id, terms.customer)
        await self._outbox.record(connection, stage, resource, data, actor=SYSTEM)
        return True


def _check(terms: Terms, installation_id: str, reading: Reading) -> None:
    if terms.installation_id not in (EVERYWHERE, installation_id):
        raise other_installation(installation_id)
    if reading.now < terms.not_before:
        raise not_yet_valid(terms.not_before)
    if terms.expires_at is not None and reading.now >= terms.expires_at:
        raise licence_expired(terms.expires_at)


def _binding(licence_id: str, installation_id: str) -> Binding:
    return Binding("licence", f"{licence_id} {installation_id}", 1)


def _audited(signed: SignedLicence | None) -> dict[str, Any] | None:
    return None if signed is None else {"keyId": signed.kid, **_described(signed.terms)}


def _described(terms: Terms) -> dict[str, Any]:
    return {
        "licenseId": terms.id,
        "customer": terms.customer,
        "edition": terms.edition,
        "runners": terms.runners,
        "concurrentExecutions": terms.concurrent_executions,
        "expiresAt": terms.expires_at.isoformat() if terms.expires_at else None,
    }


def _rounded(span: timedelta) -> str:
    hours = round(span.total_seconds() / 3_600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"

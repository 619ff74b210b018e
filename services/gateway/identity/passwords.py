"""People's passwords: argon2id off the event loop, at most two at once, the same time for unknown users."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.kit.errors import DomainError, Kind

ResultT = TypeVar("ResultT")

AT_ONCE = 2
WAITING = 32
"""Sign-ins that may queue up; more are turned away instead of piling up behind a flood."""
MEMORY_KIB = 32 * 1024
ROUNDS = 3


class Passwords:
    """Hashes and checks. Close it when the service ends."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB) -> None:
        self._hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._unknown = self._hasher.hash("nobody has this password")
        self._pending = 0

    async def hash(self, password: str) -> str:
        """The encoded argon2id hash, parameters and salt included."""
        return await self._run(self._hasher.hash, password)

    async def matches(self, encoded: str | None, password: str) -> bool:
        """Whether the password fits; None (no such user) takes as long as a wrong password."""
        fits = await self._run(self._verify, encoded or self._unknown, password)
        return fits and encoded is not None

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., ResultT], *arguments: str) -> ResultT:
        if self._pending >= WAITING:
            raise DomainError(Kind.UNAVAILABLE, "SIGN_IN_BUSY", "Too many people sign in right now. Try again shortly.")
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._pending -= 1

    def close(self) -> None:
        """Lets running hashes finish and takes no new ones."""
        self._threads.shutdown(wait=False, cancel_futures=True)

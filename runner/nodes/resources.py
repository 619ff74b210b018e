"""What nodes of one execution keep open for each other: a browser from its opening to its closing.

Owns the end: whatever is still open when the execution ends, however it ends, is closed, the latest first.
"""

import asyncio
from typing import Final, Protocol

CLOSE_SECONDS: Final = 5.0
"""How long one resource may take to close; then the end of the execution's process has to do."""


class Resource(Protocol):
    """Something that must be closed. It may be closed already, and closing it again harms nobody."""

    async def close(self) -> None:
        """Give back everything it holds."""
        ...


class Resources:
    """The open resources of one execution by name. One of a name at a time."""

    def __init__(self) -> None:
        self._open: dict[str, Resource] = {}

    def get(self, name: str) -> Resource | None:
        """The open resource of this name."""
        return self._open.get(name)

    def keep(self, name: str, resource: Resource) -> None:
        """Keep it for later nodes. The name must be free: release what had it first."""
        assert name not in self._open
        self._open[name] = resource

    async def release(self, name: str) -> bool:
        """Close it and forget it; False when there is none. Raises what closing raises, TimeoutError included."""
        resource = self._open.pop(name, None)
        if resource is None:
            return False
        async with asyncio.timeout(CLOSE_SECONDS):
            await resource.close()
        return True

    async def close(self) -> list[str]:
        """Close everything, the latest first. Answers a sentence for each that did not close well."""
        problems = []
        for name in reversed([*self._open]):
            try:
                await self.release(name)
            except TimeoutError:
                problems.append(f"The {name} did not close within {CLOSE_SECONDS:g} seconds.")
            except Exception as error:  # noqa: BLE001 - one that cannot be closed must not keep the others open
                problems.append(f"The {name} did not close: {error!r}.")
        return problems

"""A license service that never had a licence, for tests of what asks it."""

from typing import TYPE_CHECKING

from services.kit.errors import unavailable
from services.kit.rpc_server import Registration
from services.license.model import Standing
from services.license.rpc import registration
from services.license.use_cases import Licensing

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


class CommunityAlone:
    """Stands in for the library of licences."""

    async def standing(self, connection: "Connection") -> Standing:
        """The community edition."""
        return Standing()

    async def install(self, text: str) -> None:
        """There is nowhere to keep it."""
        raise unavailable("The installation key")


def license_registration(pool: "Pool") -> Registration:
    """The servicer of the community edition."""
    return registration(Licensing(pool, CommunityAlone()))

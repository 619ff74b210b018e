"""What the gateway consists of while it runs, handed to every route."""

from dataclasses import dataclass

from services.gateway.identity.service import Identity
from services.gateway.installation.use_cases import Installation
from services.gateway.live.feed import Feed
from services.gateway.peers import Peers
from services.gateway.settings import GatewaySettings
from services.gateway.web.clients import Clients
from services.gateway.web.rate_limits import RateLimits


@dataclass(frozen=True, slots=True)
class Gateway:
    """Long-lived parts; each is safe to use from any request."""

    settings: GatewaySettings
    identity: Identity
    installation: Installation
    peers: Peers
    feed: Feed
    limits: RateLimits
    clients: Clients

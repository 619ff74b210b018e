"""`python -m services.gateway`: HTTPS for people, integrators and pairing runners."""

from functools import partial

from services.gateway.compose import compose
from services.gateway.settings import GatewaySettings
from services.kit.serve import run_service


def main() -> None:
    """Runs until a signal."""
    settings = GatewaySettings()
    run_service("gateway", settings, partial(compose, settings))


if __name__ == "__main__":
    main()

"""`python -m services.registry`: runs the runner-registry."""

from services.kit.serve import run_service
from services.registry.compose import compose
from services.registry.settings import RegistrySettings


def main() -> None:
    """Runs until a signal."""
    settings = RegistrySettings()
    run_service("registry", settings, lambda stop: compose(settings, stop), address=settings.registry_address)


if __name__ == "__main__":
    main()

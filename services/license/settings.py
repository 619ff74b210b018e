"""What the license service reads from the environment."""

from services.kit.settings import ServiceSettings


class LicenseSettings(ServiceSettings):
    """Nothing beyond what every service has."""

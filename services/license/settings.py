"""What the license service reads from the environment."""

from pydantic import Field, SecretStr

from services.kit.errors import DomainError, Kind, invalid
from services.kit.sealing import Sealer, SealingError
from services.kit.settings import ServiceSettings
from services.license.keys import KeyRing


class LicenseSettings(ServiceSettings):
    """The installation key is made at the first start and kept outside the database."""

    installation_key: SecretStr = SecretStr("")
    """Seals the installed licence: 64 hexadecimal digits, older keys on further lines."""
    license_keys: str = ""
    """Further public keys that licences may be signed with: one a line in base64, then a remark (a reseller's name)."""
    license_watch_seconds: float = Field(60.0, gt=0)
    """How often it is looked whether a licence nears its end."""

    @property
    def sealer(self) -> Sealer:
        """Made of the installation key. Raises INSTALLATION_KEY_INVALID when there is none."""
        try:
            return Sealer.parse(self.installation_key.get_secret_value())
        except SealingError:
            raise DomainError(
                Kind.INVALID,
                "INSTALLATION_KEY_INVALID",
                "Set EXEKRA_INSTALLATION_KEY_FILE to a file with 64 hexadecimal digits.",
            ) from None

    @property
    def key_ring(self) -> KeyRing:
        """The product's keys and the further ones. Raises LICENSE_KEYS_INVALID."""
        try:
            return KeyRing.parse(self.license_keys)
        except ValueError as error:
            raise invalid(str(error), reason="LICENSE_KEYS_INVALID") from None

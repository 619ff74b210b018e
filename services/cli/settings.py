"""What the command reads from the environment: `EXEKRA_URL`, `EXEKRA_API_KEY` (or `EXEKRA_API_KEY_FILE`), `EXEKRA_CA`.

They come before a stored sign-in. `EXEKRA_HOME` and `EXEKRA_HTTPS_PORT` lead to a Hub on this machine.
"""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from services.kit.settings import PREFIX, FileVariants


class CliSettings(BaseSettings):
    """All of them may be left out."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    url: str = ""
    """Where the Hub is: `https://host:4545`."""
    api_key: SecretStr = SecretStr("")
    ca: Path | None = None
    """Certificate authority (PEM) of the Hub."""
    home: Path = Path(".data")
    https_port: int = 4545

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the files it names."""
        return init_settings, env_settings, FileVariants(settings_cls)

    @property
    def local_url(self) -> str:
        """Of the Hub on this machine."""
        return f"https://127.0.0.1:{self.https_port}"

    @property
    def local_authority(self) -> Path:
        """The certificate authority that a Hub on this machine made."""
        return self.home / "tls" / "ca.pem"

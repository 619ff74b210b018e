"""Settings every service reads from `EXEKRA_*`: prefix, `_FILE` variants for secrets, a warning for unknown names."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "EXEKRA_"


class FileVariants(PydanticBaseSettingsSource):
    """Reads `EXEKRA_NAME_FILE` as the path of a file that holds the value of `EXEKRA_NAME` ."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """The file's content, or None when the variant is not set. Raises OSError when the file cannot be read."""
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        value = Path(path).read_text().removesuffix("\n") if path else None
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        """All fields whose file variant is set."""
        values = {}
        for name, field in self.settings_cls.model_fields.items():
            value, _, _ = self.get_field_value(field, name)
            if value is not None:
                values[name] = value
        return values


class ServiceSettings(BaseSettings):
    """What all services have in common. Addresses: `unix:<path>` on one host, `host:port` (mTLS) between hosts."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    home: Path = Path(".data")
    """The data folder: the embedded servers' data, keys, certificates, logs, artifacts."""
    log_format: Literal["auto", "json", "console"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    database_url: SecretStr = SecretStr("")
    """The service's own role on PostgreSQL."""
    scheduler_address: str = "unix:.data/run/scheduler.sock"
    registry_address: str = "unix:.data/run/registry.sock"
    license_address: str = "unix:.data/run/license.sock"
    audit_address: str = "unix:.data/run/audit.sock"
    listen: str = ""
    """Where to listen when it differs from the service's own address (`0.0.0.0:7001` in a container)."""
    internal_tls: Path | None = None
    """Folder with `ca.pem`, `<service>.pem` and `<service>.key` for mTLS, unless addresses are Unix sockets."""
    drain_seconds: float = 10.0
    """What is under way may end for so long after SIGTERM."""
    metrics_listen: str = ""
    """`host:port` of the Prometheus endpoint; none when empty."""

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


def unknown_names(models: Iterable[type[BaseSettings]], environment: Mapping[str, str]) -> list[str]:
    """`EXEKRA_*` names in the environment that no model reads, sorted: each is probably a typing error."""
    known = {f"{PREFIX}{name.upper()}" for model in models for name in model.model_fields}
    known |= {f"{name}_FILE" for name in known}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)

"""What the launcher reads from `EXEKRA_*`, and the warning for names that nobody reads."""

import inspect
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from runner.agent.settings import PREFIX as RUNNER_PREFIX
from runner.agent.settings import RunnerSettings
from services.kit import settings as kit
from services.kit.postgres import SCHEMAS

NO_REDIS = "none"


class LauncherSettings(kit.ServiceSettings):
    """One Hub on one host. `database_url` is empty for an embedded server, else a user's who may create roles."""

    https_port: int = Field(default=4545, ge=1, le=65535)
    runner_port: int = Field(default=4546, ge=1, le=65535)
    https_host: str = ""
    """Address to listen on; every one when empty."""
    redis_url: SecretStr = SecretStr("")
    """Empty: an embedded Valkey. `none`: no Redis at all."""
    public_url: str = ""
    """Where people and runners reach this Hub when it is not this machine's loopback address."""
    admin_email: str = "admin@localhost"
    admin_password: SecretStr = SecretStr("")
    """The first admin's; generated when empty."""
    public_hosts: str = ""
    """Further host names and addresses for the certificate, separated by commas."""
    local_runner: bool = True
    """Whether one runner is paired and started together with the Hub."""

    @property
    def further_hosts(self) -> tuple[str, ...]:
        """What the certificate names besides this machine: `public_hosts`, and the host of `public_url`."""
        hosts = {host.strip() for host in self.public_hosts.split(",")} | {urlsplit(self.public_url).hostname or ""}
        return tuple(sorted(hosts - {""}))


def misspelt_names(environment: Mapping[str, str]) -> list[str]:
    """`EXEKRA_*` names that neither the launcher, nor a service, nor the command line, nor the runner reads."""
    models = hub_models() + _settings_of("services.cli.settings")
    runner = {f"{RUNNER_PREFIX}{name.upper()}" for name in RunnerSettings.model_fields}
    runner |= {f"{name}_FILE" for name in runner}
    return [name for name in kit.unknown_names(models, environment) if name not in runner]


def hub_models() -> list[type[BaseSettings]]:
    """All that a Hub's processes read their settings by, the launcher's own first."""
    return [LauncherSettings, *(model for part in SCHEMAS for model in _settings_of(f"services.{part}.settings"))]


def _settings_of(module: str) -> list[type[BaseSettings]]:
    if find_spec(module) is None:
        return []
    classes = inspect.getmembers(import_module(module), inspect.isclass)
    return [found for _, found in classes if issubclass(found, BaseSettings)]

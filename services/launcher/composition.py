"""The processes of one Hub: which there are, what each is told by its environment, and how it is known to be ready.

It starts nothing.
"""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from services.launcher.authority import ServerTls
from services.launcher.child import tied_command
from services.launcher.child_process import ChildSpec
from services.launcher.first_admin import FirstAdmin
from services.launcher.home import Home
from services.launcher.probes import Probe, accepts_at, answers_at
from services.launcher.secrets import kept_key, write_secret
from services.launcher.settings import LauncherSettings

# Who answers others stops after them: the gateway first, the audit log last.
STOP_RANKS: Final = {"audit": 0, "license": 0, "scheduler": 1, "registry": 1}
FRONT_RANK: Final = 2
# A service cancels what is left at its own deadline, and needs a moment to end.
DRAIN_MARGIN_SECONDS: Final = 4.0
# Read by the launcher alone, or given to the services in a file instead.
LAUNCHER_NAMES: Final = (
    "DATABASE_URL",
    "REDIS_URL",
    "ADMIN_PASSWORD",
    "VAULT_KEY",
    "INSTALLATION_KEY",
    "LISTEN",
    "METRICS_LISTEN",
)


@dataclass(frozen=True)
class Composition:
    """Everything that the environment of a service is made of."""

    home: Home
    settings: LauncherSettings
    tls: ServerTls
    database_urls: Mapping[str, str]
    redis_url: str
    admin: FirstAdmin

    def service_specs(self, *, with_worker: bool) -> list[ChildSpec]:
        """The five services, the scheduler's loops and, if there is a Redis, its worker. They may start together."""
        specs = [
            self._spec(name, f"services.{name}", name, rank, partial(accepts_at, self.home.socket(name)))
            for name, rank in STOP_RANKS.items()
        ]
        ready = partial(answers_at, self.settings.https_port, "/readyz", self.tls.authority)
        specs.append(self._spec("gateway", "services.gateway", "gateway", FRONT_RANK, ready))
        specs.append(self._spec("scheduler-loops", "services.scheduler.loops", "scheduler", FRONT_RANK))
        if with_worker:
            specs.append(self._spec("scheduler-worker", "services.scheduler.worker", "scheduler", FRONT_RANK))
        return specs

    def environment_of(self, service: str) -> dict[str, str]:
        """The environment of a service's process: ours, with its own addresses and files of secrets."""
        secrets = self.home.secrets
        own = {
            "HOME": str(self.home.root),
            "DATABASE_URL_FILE": self._kept(f"database-{service}", self.database_urls[service]),
            # Into a pipe, whatever the launcher makes of it for its reader.
            "LOG_FORMAT": "json",
            "LOG_LEVEL": self.settings.log_level,
            "DRAIN_SECONDS": str(self.settings.drain_seconds),
            "HTTPS_HOST": self.settings.https_host,
            "HTTPS_PORT": str(self.settings.https_port),
            "RUNNER_PORT": str(self.settings.runner_port),
            "TLS_CERTIFICATE": str(self.tls.certificate),
            "TLS_KEY": str(self.tls.key),
            "CA_CERTIFICATE": str(self.tls.authority),
        }
        own |= {f"{name.upper()}_ADDRESS": f"unix:{self.home.socket(name)}" for name in STOP_RANKS}
        own["REDIS_URL_FILE"] = self._kept("redis-url", self.redis_url)
        if service in ("registry", "scheduler"):
            own["PUBLIC_URL"] = self.settings.public_url or f"https://127.0.0.1:{self.settings.https_port}"
        if service == "registry" and self.settings.https_host:
            own["RUNNER_LISTEN"] = f"{self.settings.https_host}:{self.settings.runner_port}"
        if service == "scheduler":
            kept_key(secrets, "vault-key")
            own["VAULT_KEY_FILE"] = str(secrets / "vault-key")
        if service == "license":
            kept_key(secrets, "installation-key")
            own["INSTALLATION_KEY_FILE"] = str(secrets / "installation-key")
        if service == "gateway":
            own["ADMIN_EMAIL"] = self.admin.email
            given = self.settings.admin_password.get_secret_value()
            if given:
                own["ADMIN_PASSWORD"] = given  # not ours to write down
            elif self.home.admin_password.exists():
                own["ADMIN_PASSWORD_FILE"] = str(self.home.admin_password)
        return {**inherited(os.environ), **{f"EXEKRA_{name}": value for name, value in own.items()}}

    def _kept(self, name: str, value: str) -> str:
        write_secret(self.home.secrets, name, value)
        return str(self.home.secrets / name)

    def _spec(self, name: str, module: str, service: str, rank: int, ready: Probe | None = None) -> ChildSpec:
        return ChildSpec(
            name=name,
            command=partial(python_command, module),
            environment=self.environment_of(service),
            ready=ready,
            drain_seconds=self.settings.drain_seconds + DRAIN_MARGIN_SECONDS,
            stop_rank=rank,
        )


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """What a process gets from our environment: all but what the launcher keeps to itself."""
    hidden = {f"EXEKRA_{name}{suffix}" for name in LAUNCHER_NAMES for suffix in ("", "_FILE")}
    return {name: value for name, value in environment.items() if name not in hidden}


def python_command(module: str, *arguments: str) -> tuple[str, ...]:
    """Run a module with our interpreter; it dies with us."""
    return tied_command((sys.executable, "-P", "-m", module, *arguments), signal.SIGKILL)

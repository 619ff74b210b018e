"""The runner beside the Hub: registered once by REST as an administrator would, then started with its key and secret.

It speaks REST with the standard library: one or two calls at the first start are no reason to load a client.
"""

import asyncio
import json
import os
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import partial
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Final

from services.launcher.child_process import ChildSpec
from services.launcher.composition import inherited, python_command
from services.launcher.errors import ChildFailedError
from services.launcher.first_admin import FirstAdmin
from services.launcher.home import Home, write_private_file

RUNNER: Final = "runner"
CALL_SECONDS: Final = 15.0
DRAIN_SECONDS: Final = 20.0
# The runner's own patience with its work: the rest is for the soft stop (15 s) and for telling the Hub of it. Work that
# is killed with the runner would be LOST instead of STOPPED.
WORK_SECONDS: Final = 3.0


@dataclass(frozen=True)
class MachineCredentials:
    """What a runner shows to the Hub."""

    runner_id: str
    key: str
    secret: str


class RestSession:
    """A person's session at the Hub: cookie, CSRF header, the Hub's own authority. Blocking."""

    def __init__(self, url: str, authority: Path) -> None:
        self._url = url
        self._csrf = ""
        context = ssl.create_default_context(cafile=str(authority))
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),  # the Hub is on this host, whatever the environment says of proxies
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPCookieProcessor(CookieJar()),
        )

    def log_in(self, email: str, password: str) -> None:
        """Raises ChildFailedError when the Hub does not let this person in."""
        self.call("POST", "/api/auth/login", {"email": email, "password": password})
        self._csrf = str(self.call("GET", "/api/auth/me")["csrfToken"])

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The JSON document that the Hub answers; {} for an empty answer. Raises ChildFailedError for a refusal."""
        request = urllib.request.Request(  # noqa: S310 - our own https address
            self._url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Content-Type": "application/json", "Origin": self._url, "X-Exekra-Csrf": self._csrf},
        )
        try:
            with self._opener.open(request, timeout=CALL_SECONDS) as response:
                content = response.read()
        except urllib.error.HTTPError as error:
            with error:
                told = error.read().decode(errors="replace")
            raise ChildFailedError(f"{method} {path} was answered with {error.code}: {told[:500]}") from None
        except OSError as error:
            raise ChildFailedError(f"{method} {path} was not answered: {error}") from None
        return dict(json.loads(content)) if content else {}


def kept_credentials(home: Home) -> MachineCredentials | None:
    """Those of an earlier start."""
    try:
        return MachineCredentials(**json.loads((home.secrets / RUNNER).read_bytes()))
    except FileNotFoundError:
        return None


async def register_runner(home: Home, url: str, authority: Path, admin: FirstAdmin, name: str) -> MachineCredentials:
    """Register a runner under the name and keep its key and secret in the data folder.

    Raises:
        ChildFailedError: the administrator's password is not the one we know, or the name is taken.
    """

    def register() -> MachineCredentials:
        session = RestSession(url, authority)
        session.log_in(admin.email, admin.password)
        answer = session.call("POST", "/api/runners", {"name": name})
        session.call("POST", "/api/auth/logout")
        return MachineCredentials(answer["runner"]["id"], answer["machineKey"], answer["machineSecret"])

    credentials = await asyncio.to_thread(register)
    record = {"runner_id": credentials.runner_id, "key": credentials.key, "secret": credentials.secret}
    write_private_file(home.secrets / RUNNER, json.dumps(record).encode())
    return credentials


def runner_spec(home: Home, credentials: MachineCredentials, runner_port: int, authority: Path) -> ChildSpec:
    """The runner's process. It gets no secret of the Hub: workflows run in it."""
    secret = home.runner / "machine-secret"
    write_private_file(secret, credentials.secret.encode())
    environment = {name: value for name, value in inherited(os.environ).items() if name != "EXEKRA_HOME"}
    environment.setdefault("EXEKRA_RUNNER_DRAIN_SECONDS", str(WORK_SECONDS))
    environment |= {
        "EXEKRA_RUNNER_HOME": str(home.runner),
        "EXEKRA_RUNNER_ADDRESS": f"127.0.0.1:{runner_port}",
        "EXEKRA_RUNNER_MACHINE_KEY": credentials.key,
        "EXEKRA_RUNNER_MACHINE_SECRET_FILE": str(secret),
        "EXEKRA_RUNNER_CA_FILE": str(authority),
    }
    return ChildSpec(
        name=RUNNER,
        command=partial(python_command, "runner", "run"),
        environment=environment,
        drain_seconds=DRAIN_SECONDS,
    )

"""The containers of docker-compose.yml for a test: with an image, ports and passwords of their own, gone afterwards.

Needs an engine on Linux and the `docker` command with compose 2.
"""

import json
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.launcher.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
EMAIL = "ada@example.com"
BUILD_SECONDS = 900.0
UP_SECONDS = 180.0
STEP_SECONDS = 120.0


@dataclass
class Stack:
    """One project. `folder` keeps its .env, the authority's certificate, and what its runner sees as /files.

    It builds an image of its own unless it is given one.
    """

    folder: Path
    image: str = ""
    project: str = field(default_factory=lambda: f"exekra-test-{secrets.token_hex(4)}")
    values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.owns_image = not self.image
        self.image = self.image or f"{self.project}:latest"
        self.files.mkdir()
        self.files.chmod(0o755)
        self.folder.chmod(0o755)
        self.values = {
            "EXEKRA_IMAGE": self.image,
            "EXEKRA_POSTGRES_PASSWORD": secrets.token_urlsafe(16),
            "EXEKRA_REDIS_PASSWORD": secrets.token_urlsafe(16),
            "EXEKRA_ADMIN_EMAIL": EMAIL,
            "EXEKRA_ADMIN_PASSWORD": secrets.token_urlsafe(16),
            "EXEKRA_HTTPS_BIND": f"127.0.0.1:{free_port()}",
            "EXEKRA_RUNNER_BIND": f"127.0.0.1:{free_port()}",
            "EXEKRA_RUNNER_FILES": str(self.files),
        }
        self.values["EXEKRA_PUBLIC_URL"] = self.url

    @property
    def url(self) -> str:
        """Of the gateway."""
        return f"https://{self.values['EXEKRA_HTTPS_BIND']}"

    @property
    def files(self) -> Path:
        """What the runner sees as /files."""
        return self.folder / "files"

    @property
    def authority(self) -> Path:
        """The public authority's certificate, once `start` is over."""
        return self.folder / "ca.pem"

    @property
    def password(self) -> str:
        """The first administrator's."""
        return self.values["EXEKRA_ADMIN_PASSWORD"]

    def compose(self, *arguments: str, seconds: float = STEP_SECONDS, script: str = "") -> str:
        """What a compose command says on standard output. Raises AssertionError with all it said when it fails."""
        environment = self.folder / "env"
        environment.write_text("".join(f"{name}={value}\n" for name, value in self.values.items()))
        profile = ["--profile", "runner"] if "EXEKRA_MACHINE_KEY" in self.values else []
        options = ["-p", self.project, "--env-file", str(environment), *profile]
        return run("compose", *options, *arguments, seconds=seconds, script=script)

    def start(self) -> None:
        """Build the image and bring up everything but the runner."""
        self.compose("build", "prepare", seconds=BUILD_SECONDS)
        self.open()

    def open(self) -> None:
        """Bring up everything but the runner, and note the authority that made its certificate."""
        self.up()
        self.authority.write_text(self.compose("exec", "-T", "gateway", "cat", "/keys/public/ca.pem"))

    def prepare(self) -> None:
        """Bring up an empty database with its schemas and keys, and nothing that works on them."""
        self.compose("up", "-d", "--wait", "postgres", seconds=UP_SECONDS)
        self.compose("run", "--rm", "-T", "prepare")

    def backup(self, folder: Path, *arguments: str, script: str = "") -> str:
        """What `exekra` says in the container for backups, which sees the folder as /backups."""
        mounted = ["-v", f"{folder}:/backups", "backup", *arguments, "--volumes", "/hub"]
        return self.compose("run", "--rm", "-T", *mounted, script=script)

    def start_runner(self, key: str, secret: str) -> None:
        """Bring up the runner with what its registration answered."""
        self.values |= {"EXEKRA_MACHINE_KEY": key, "EXEKRA_MACHINE_SECRET": secret}
        self.up()

    def up(self) -> None:
        """Start what does not run, and wait until all is healthy."""
        self.compose("up", "-d", "--wait", seconds=UP_SECONDS)

    def remove(self) -> None:
        """Containers, networks, volumes, and the image if it is its own."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")
        if self.owns_image:
            run("image", "rm", self.image)

    def containers(self) -> dict[str, dict[str, Any]]:
        """By service: what the engine knows of its container, ended ones included."""
        ids = self.compose("ps", "--all", "--quiet").split()
        described: list[dict[str, Any]] = json.loads(run("container", "inspect", *ids))
        return {found["Config"]["Labels"]["com.docker.compose.service"]: found for found in described}

    def kill_processes(self, service: str) -> None:
        """SIGKILL to every process of the container but its init, as the account that its server runs as."""
        account = ["--user", "postgres"] if service == "postgres" else []
        # The engine's own kill counts as a wish to stop: what it kills is not restarted. Detached, for whoever kills
        # from inside goes down with the container.
        self.compose("exec", "-d", *account, service, "sh", "-c", "kill -9 -1")

    def gateway_of(self, network: str) -> str:
        """This host's address in one of the project's networks."""
        (described,) = json.loads(run("network", "inspect", f"{self.project}_{network}"))
        address: str = described["IPAM"]["Config"][0]["Gateway"]
        return address


def run(*arguments: str, seconds: float = STEP_SECONDS, script: str = "") -> str:
    """What `docker …` says. The environment's own EXEKRA_ names would come before those of the .env file."""
    docker = shutil.which("docker")
    assert docker, "the docker command is not installed"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EXEKRA_")}
    done = subprocess.run(
        [docker, *arguments],
        cwd=ROOT,
        env=environment,
        input=script,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"docker {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
    return done.stdout

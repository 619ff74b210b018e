"""What may be set for a runner, by `EXEKRA_RUNNER_*` names in the environment; secrets have a `_FILE` variant each."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "EXEKRA_RUNNER_"
HUB_NAMES = frozenset({"EXEKRA_RUNNER_PORT"})
"""Names with the same prefix that belong to the Hub."""


class FileSource(PydanticBaseSettingsSource):
    """`EXEKRA_RUNNER_X_FILE` gives X: the content of that file without the newline at its end."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - signature of the base
        """The file's content, or None when the name is not set."""
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        value = None if path is None else Path(path).read_text(encoding="utf-8").strip()
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        """All fields that are given by a file."""
        names = ("machine_key", "machine_secret")
        given = {name: self.get_field_value(self.settings_cls.model_fields[name], name)[0] for name in names}
        return {name: value for name, value in given.items() if value is not None}


class RunnerSettings(BaseSettings):
    """Every setting of the agent. Times are in seconds; tests scale them down."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    home: Path = Field(default_factory=lambda: Path.home() / ".exekra-runner")
    """Identity, journal and work folders, 0700."""
    address: str | None = None
    """host:port of the Hub's runner port; given by pairing when not set."""
    machine_key: str | None = None
    machine_secret: SecretStr | None = None
    ca_file: Path | None = None
    """PEM of the Hub's CA; the one pinned by pairing when not set."""

    slots: int | None = Field(default=None, ge=1, le=200)
    """Executions at once at most; the Hub's number for this runner when not set."""
    inline: bool = True
    """Run graphs of only control, data and http nodes inside the agent instead of a process each."""
    child_start: Literal["fork", "spawn"] | None = None
    """How execution processes are made; by default fork server on Linux, spawned processes elsewhere."""
    spare_children: int = Field(default=1, ge=0, le=20)
    """Processes kept ready for the next execution."""

    poll_seconds: float = Field(default=5.0, gt=0)
    heartbeat_seconds: float = Field(default=30.0, gt=0)
    """Until the Hub says another interval."""
    answer_seconds: float = Field(default=10.0, gt=0)
    """Patience for the answer to one call."""
    silence_seconds: float = Field(default=90.0, gt=0)
    """A session whose heartbeat got no answer for this long is given up (a dead connection is noticed by itself)."""
    backoff_seconds: float = Field(default=0.5, gt=0)
    backoff_limit_seconds: float = Field(default=30.0, gt=0)
    self_stop_margin_seconds: float = Field(default=15.0, gt=0)
    stop_seconds: float = Field(default=15.0, gt=0)
    """Time between a soft stop and the kill of the process tree."""
    drain_seconds: float = Field(default=60.0, ge=0)
    """Time that running executions get after the first signal."""

    min_free_bytes: int = Field(default=256 * 1024 * 1024, ge=0)
    """With less disk than this no further work is accepted."""
    disk_patience_seconds: float = Field(default=60.0, ge=0)
    """How long executions wait for a full disk before they are ended, while a result can still be written."""
    unsent_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    """Events and log lines kept in memory for the Hub; beyond it executions wait."""
    kept_result_seconds: float = Field(default=7 * 86_400.0, gt=0)
    kept_result_bytes: int = Field(default=256 * 1024 * 1024, gt=0)
    journal_rewrite_bytes: int = Field(default=4 * 1024 * 1024, gt=0)

    browser: Path | None = None
    """The program that browser nodes use; the first Chromium, Chrome or Edge found when not set."""
    browser_sandbox: bool = True
    """Off where the system lets Chromium make no sandbox. Executions read both from the environment, by
    `runner.nodes.browser.program`."""
    allow_scripts: bool = False
    """Let workflows run Python and shell scripts, which can do whatever this account can. The executions read it from
    the environment (`runner.nodes.scripts.permission`)."""

    page: bool = True
    """Serve the runner's own page on 127.0.0.1 (`exekra-runner open`)."""
    page_port: int = Field(default=0, ge=0, le=65535)
    """Its port; any free one when 0."""

    intervals_file: Path | None = None
    """For tests: where begin and end of every execution are written."""
    crash_at: str | None = None
    """For tests: the named point at which the agent kills itself."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then files named by it."""
        return init_settings, env_settings, FileSource(settings_cls)


def unknown_names() -> list[str]:
    """Names in the environment that look like settings of a runner and are none."""
    known = {PREFIX + name.upper() for name in RunnerSettings.model_fields}
    known |= {name + "_FILE" for name in (f"{PREFIX}MACHINE_KEY", f"{PREFIX}MACHINE_SECRET")} | HUB_NAMES
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)

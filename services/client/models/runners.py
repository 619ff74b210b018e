"""Runners, and what pairs them."""

from datetime import datetime

from services.client.models.base import Answer


class RunnerMetrics(Answer):
    """CPU and memory in percent of the machine; memory and disk in bytes."""

    at: datetime | None = None
    cpu_percent: float
    memory_percent: float
    memory_used: int
    memory_total: int
    disk_free: int
    disk_total: int


class RunnerPause(Answer):
    """The runner's owner wants it to take no work: since when, and by which account of its machine."""

    since: datetime
    by: str | None = None


class Runner(Answer):
    """A machine that runs workflows: ONLINE has a free slot, BUSY has none, OFFLINE is not heard of.

    `pause` is None unless its owner paused it at the machine.
    """

    id: str
    name: str
    description: str = ""
    state: str = "OFFLINE"
    silent: bool = False
    draining: bool = False
    disabled: bool = False
    cloned: bool = False
    labels: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    slots: int = 1
    free_slots: int = 0
    version: str | None = None
    platform: str | None = None
    hostname: str | None = None
    machine_key: str = ""
    created_at: datetime | None = None
    last_seen_at: datetime | None = None
    connected_at: datetime | None = None
    metrics: RunnerMetrics | None = None
    execution_ids: tuple[str, ...] = ()
    owner_id: str | None = None
    pause: RunnerPause | None = None


class RunnerSecret(Answer):
    """Key and secret, shown this once, and the command that pairs a machine."""

    runner: Runner
    machine_key: str
    machine_secret: str
    pair_command: str


class PairingToken(Answer):
    """Good once, until it expires."""

    pairing_token: str
    expires_at: datetime
    pair_command: str

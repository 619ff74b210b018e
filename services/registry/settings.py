"""What the registry reads from the environment."""

from pathlib import Path

from services.kit.settings import ServiceSettings


class RegistrySettings(ServiceSettings):
    """Defaults are the specification's; tests shorten the times (all in seconds)."""

    runner_port: int = 4546
    runner_listen: str = ""
    """Where runners connect, when it is not every interface at `runner_port`."""
    tls_certificate: Path = Path("tls/server.pem")
    tls_key: Path = Path("tls/server.key")
    ca_certificate: Path = Path("tls/ca.pem")
    """Its SHA-256 is the fingerprint in pairing commands."""
    public_url: str = "https://127.0.0.1:4545"
    """The Hub's address as a runner's owner types it."""

    session_token_seconds: float = 600.0
    pairing_token_seconds: float = 900.0
    poll_seconds: float = 5.0
    """How often runners tell their free slots when nothing changes."""
    silent_seconds: float = 65.0
    offline_seconds: float = 120.0
    ping_seconds: float = 5.0
    """How long an older stream may take to prove that its machine still lives."""
    presence_seconds: float = 3.0
    """Heartbeats are written in one statement this often."""
    metrics_days: int = 7
    link_wait_seconds: float = 20.0
    """How long a runner's call waits for the scheduler before it is answered UNAVAILABLE."""
    push_seconds: float = 1.0
    """How long a push may take to be written to a runner's stream."""
    graph_cache_bytes: int = 64 * 1024 * 1024

    @property
    def runner_address(self) -> str:
        """What the runner port listens on."""
        return self.runner_listen or f"0.0.0.0:{self.runner_port}"

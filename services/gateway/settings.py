"""Settings of the gateway, read from `EXEKRA_*`."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from services.kit.settings import ServiceSettings

Network = IPv4Network | IPv6Network


class GatewaySettings(ServiceSettings):
    """Ports, certificates, the first administrator, and how long and how often people may do things."""

    https_host: str = ""
    """Address to listen on; every one when empty."""
    https_port: int = Field(default=4545, ge=0, le=65535)
    runner_port: int = Field(default=4546, ge=0, le=65535)
    public_url: str = ""
    """Where people and runners reach this Hub when it differs from the address they typed."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    ca_certificate: Path | None = None
    """The local CA, handed out at `/ca.pem` for runners to pin."""

    admin_email: str = "admin@localhost"
    admin_password: SecretStr = SecretStr("")
    """Of the first administrator, used only while there is no user."""

    session_idle_seconds: float = 30 * 60.0
    session_absolute_seconds: float = 12 * 3600.0
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    """Networks whose X-Forwarded-For counts, separated by commas."""
    metrics_token: SecretStr = SecretStr("")
    """Bearer token of `/metrics` on the HTTPS port; without one that path does not exist."""

    rate_login: int = Field(default=10, ge=1)
    """Requests a minute, as are the next three."""
    rate_anonymous: int = Field(default=60, ge=1)
    rate_session: int = Field(default=1_200, ge=1)
    rate_api_key: int = Field(default=6_000, ge=1)

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _read_networks(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
        return value

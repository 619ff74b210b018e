"""What the scheduler's three processes read from the environment. Timers default to the protocol's figures."""

from email.headerregistry import Address
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from services.kit.errors import DomainError, Kind
from services.kit.outbound import AddressPolicy
from services.kit.sealing import Sealer, SealingError
from services.kit.settings import ServiceSettings
from services.scheduler.delivery.settings import DeliveryTimes
from services.scheduler.delivery.verdicts import Backoff
from services.scheduler.evidence.artifacts import ARTIFACT_MAX_BYTES
from services.scheduler.executions.repository.dispatch import Timing
from services.scheduler.notifications.mailer import MailServer

NO_REDIS = "none"


class SchedulerSettings(ServiceSettings):
    """`EXEKRA_REDIS_URL=none` means: no Redis at all, every process claims directly. All timers are in seconds."""

    redis_url: SecretStr = SecretStr(NO_REDIS)
    vault_key: SecretStr = SecretStr("")
    """Seals secrets at rest (`services.kit.sealing`): 64 hexadecimal digits, older keys on further lines."""
    pool_size: int = Field(12, ge=2)
    silent_seconds: float = Field(65.0, gt=0)
    offline_seconds: float = Field(120.0, gt=0)
    heartbeat_seconds: float = Field(30.0, gt=0)
    offer_seconds: float = Field(20.0, gt=0)
    interactive_offer_seconds: float = Field(5.0, gt=0)
    undelivered_seconds: float = Field(30.0, ge=0)
    retry_lease_seconds: float = Field(100.0, gt=0)
    """Of attempts whose workflow may be repeated; all others have `offlineSeconds` of their workflow."""
    lease_margin_seconds: float = Field(10.0, ge=0)
    """From the end of a lease, by which the runner has stopped itself, to the Hub's own expiry."""
    deadline_grace_seconds: float = Field(30.0, ge=0)
    """A runner ends what runs too long itself; the Hub steps in so much later."""
    reconcile_seconds: float = Field(5.0, gt=0)
    poll_seconds: float = Field(1.0, gt=0)
    """The net behind every bell."""
    reap_seconds: float = Field(1.0, gt=0)
    tick_seconds: float = Field(5.0, gt=0)
    downtime_seconds: float = Field(15.0, gt=0)
    """A gap between two ticks, or a registry's silence, from which leases and offers are extended."""
    downtime_grace_seconds: float = Field(120.0, ge=0)
    registry_gone_seconds: float = Field(3_600.0, gt=0)
    """A registry silent for so long does not come back: its runners' leases run out."""
    link_touch_seconds: float = Field(5.0, gt=0)
    outbox_seconds: float = Field(5.0, gt=0)
    rate_hook: int = Field(6_000, ge=1)
    """Deliveries a minute to a webhook whose trigger says nothing of its own."""
    previous_secret_seconds: float = Field(86_400.0, ge=0)
    """How long a webhook's replaced secret is still accepted."""
    calendar_poll_seconds: float = Field(60.0, gt=0)
    calendar_refresh_seconds: float = Field(21_600.0, gt=0)
    """How often the address of a calendar's ICS document is looked at."""
    tally_seconds: float = Field(5.0, gt=0)
    """How far the dashboard's figures of what ended may lag behind."""
    breaker_seconds: float = Field(1.0, gt=0)
    """How often outcomes of triggers are counted, probes let go and held fires released."""
    retention_seconds: float = Field(600.0, gt=0)
    keep_executions_days: int = Field(90, ge=1)
    """Executions that are over, with their node runs and artifacts."""
    keep_fires_days: int = Field(90, ge=1)
    """Rows of the schedules' ledger."""
    keep_logs_days: int = Field(30, ge=1)
    artifact_max_bytes: int = Field(ARTIFACT_MAX_BYTES, ge=1)
    """Of a single artifact."""
    allow_private_endpoints: str = ""
    """Private addresses events may be sent to: networks and host names by commas, `*` for all, empty for none."""
    delivery_poll_seconds: float = Field(1.0, gt=0)
    delivery_answer_seconds: float = Field(15.0, gt=0)
    delivery_window_seconds: float = Field(3 * 24 * 3_600.0, gt=0)
    """An event that could not be delivered for so long is parked."""
    delivery_sweep_seconds: float = Field(30.0, gt=0)
    delivery_first_retry_seconds: float = Field(5.0, gt=0)
    delivery_longest_retry_seconds: float = Field(7_200.0, gt=0)
    delivery_probe_seconds: float = Field(5.0, gt=0)
    delivery_longest_probe_seconds: float = Field(300.0, gt=0)
    """An endpoint that keeps failing is tried no more often than this."""
    keep_deliveries_days: int = Field(30, ge=1)
    """What webhooks received, and events that were sent."""
    smtp_host: str = ""
    """The mail server for notifications; none when empty."""
    smtp_port: int = Field(587, ge=1, le=65_535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""
    """The sender's address; people may answer to it."""
    smtp_verify_tls: bool = True
    smtp_ca_file: Path | None = None
    """The authority of the mail server's certificate when it is none of the system's."""
    smtp_seconds: float = Field(30.0, gt=0)
    mail_seconds: float = Field(5.0, gt=0)
    public_url: str = ""
    """Where people reach this Hub: mails link to it."""

    @property
    def redis(self) -> str | None:
        """The address of Redis; None when there is none."""
        url = self.redis_url.get_secret_value()
        return None if url in ("", NO_REDIS) else url

    @property
    def sealer(self) -> Sealer:
        """Made of the vault key. Raises VAULT_KEY_INVALID when there is none."""
        try:
            return Sealer.parse(self.vault_key.get_secret_value())
        except SealingError as error:
            raise DomainError(Kind.INVALID, "VAULT_KEY_INVALID", str(error)) from None

    @field_validator("allow_private_endpoints")
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        AddressPolicy.parse(text)
        return text

    @property
    def private_endpoints(self) -> AddressPolicy:
        """The addresses that an endpoint with `allowPrivate` may have."""
        return AddressPolicy.parse(self.allow_private_endpoints)

    @property
    def delivery(self) -> DeliveryTimes:
        """The times of events out."""
        return DeliveryTimes(
            poll_seconds=self.delivery_poll_seconds,
            answer_seconds=self.delivery_answer_seconds,
            window_seconds=self.delivery_window_seconds,
            sweep_seconds=self.delivery_sweep_seconds,
            backoff=Backoff(
                first=self.delivery_first_retry_seconds,
                longest=self.delivery_longest_retry_seconds,
                probe_first=self.delivery_probe_seconds,
                probe_longest=self.delivery_longest_probe_seconds,
            ),
        )

    @property
    def mail_server(self) -> MailServer | None:
        """None while none is set. Raises ValueError for a sender's address, OSError for a file that cannot be used."""
        if not (self.smtp_host and self.smtp_from):
            return None
        return MailServer(
            host=self.smtp_host,
            port=self.smtp_port,
            security=self.smtp_security,
            user=self.smtp_user,
            password=self.smtp_password.get_secret_value(),
            sender=Address("Exekra Hub", addr_spec=self.smtp_from),
            verify_tls=self.smtp_verify_tls,
            authority=self.smtp_ca_file.read_text() if self.smtp_ca_file else "",
            seconds=self.smtp_seconds,
        )

    @property
    def timing(self) -> Timing:
        """The timers that SQL needs."""
        return Timing(
            silent=self.silent_seconds,
            offline=self.offline_seconds,
            offer=self.offer_seconds,
            interactive_offer=self.interactive_offer_seconds,
            undelivered=self.undelivered_seconds,
            lease_margin=self.lease_margin_seconds,
        )

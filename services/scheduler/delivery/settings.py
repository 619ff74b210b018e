"""The times and limits of delivery that are settings, with the product's own figures."""

from dataclasses import dataclass, field

from services.scheduler.delivery.verdicts import Backoff


@dataclass(frozen=True, slots=True)
class DeliveryTimes:
    """In seconds."""

    poll_seconds: float = 1.0
    """The net behind every bell."""
    answer_seconds: float = 15.0
    """A receiver has so long to answer."""
    window_seconds: float = 3 * 24 * 3600.0
    """After so long a delivery that fails is parked."""
    sweep_seconds: float = 30.0
    places: int = 8
    """Deliveries to one endpoint at a time, for each process."""
    backoff: Backoff = field(default_factory=Backoff)

    @property
    def lease_seconds(self) -> float:
        """Long enough for an answer and what is written of it."""
        return 2 * self.answer_seconds + 5.0

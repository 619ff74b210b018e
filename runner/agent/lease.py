"""How long this runner may go on with an attempt without hearing from the Hub. Pure: no clock, no I/O.

A lease counts from the instant at which the renewal that the Hub acknowledged was *sent*, so it is never longer here
than on the Hub. The runner stops itself `margin` seconds before its end, the Hub expires it some seconds after.
Instants are seconds of `clock.boottime`.
"""

from dataclasses import dataclass

SELF_STOP_MARGIN_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one attempt until `ends_at`."""

    seconds: float
    counted_from: float

    @property
    def ends_at(self) -> float:
        """The instant at which the lease is over on this side."""
        return self.counted_from + self.seconds

    def self_stop_at(self, margin_seconds: float) -> float:
        """When work must be asked to stop; never before the lease began, however short it is."""
        return max(self.counted_from, self.ends_at - margin_seconds)


class LeaseBook:
    """The leases of all attempts that run here."""

    def __init__(self, margin_seconds: float = SELF_STOP_MARGIN_SECONDS) -> None:
        self._margin = margin_seconds
        self._leases: dict[str, Lease] = {}

    def grant(self, attempt_id: str, seconds: float, sent_at: float) -> float:
        """Record what the Hub granted for something sent at `sent_at`; returns the instant of self-stop.

        An answer that was overtaken by a later one changes nothing: of two grants the one that ends later holds,
        because the Hub committed both.
        """
        known = self._leases.get(attempt_id)
        granted = Lease(seconds, sent_at)
        if known is None or granted.ends_at > known.ends_at:
            self._leases[attempt_id] = granted
        return self._leases[attempt_id].self_stop_at(self._margin)

    def drop(self, attempt_id: str) -> None:
        """Forget an attempt that ended."""
        self._leases.pop(attempt_id, None)

    def due(self, now: float) -> list[str]:
        """Attempts that must be stopped by now."""
        return [attempt_id for attempt_id, lease in self._leases.items() if lease.self_stop_at(self._margin) <= now]

    def over(self, now: float) -> list[str]:
        """Attempts whose lease is over: what still lives of them is killed."""
        return [attempt_id for attempt_id, lease in self._leases.items() if lease.ends_at <= now]

    def next_change(self) -> float | None:
        """The earliest instant of a self-stop; None when nothing is leased."""
        return min((lease.self_stop_at(self._margin) for lease in self._leases.values()), default=None)

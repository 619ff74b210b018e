"""The protocol's timers, scaled down by about twenty; their order to each other stays."""

FAST_TIMERS = {
    "EXEKRA_OFFER_SECONDS": "3",
    "EXEKRA_RETRY_LEASE_SECONDS": "6",
    "EXEKRA_LEASE_MARGIN_SECONDS": "1",
    "EXEKRA_HEARTBEAT_SECONDS": "1",
    "EXEKRA_SILENT_SECONDS": "4",
    "EXEKRA_OFFLINE_SECONDS": "8",
    "EXEKRA_RUNNER_SELF_STOP_MARGIN_SECONDS": "2",
    "EXEKRA_RUNNER_BACKOFF_LIMIT_SECONDS": "1",
    "EXEKRA_RUNNER_SILENCE_SECONDS": "4",
    # Not a timer: bursts come faster than an integrator may call.
    "EXEKRA_RATE_API_KEY": "1000000",
}

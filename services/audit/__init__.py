"""The audit service: an append-only, hash-chained record of administrative actions, and signed checkpoints of it."""

"""Webhooks in: a durable inbox of what other systems send, and the executions that come of it."""

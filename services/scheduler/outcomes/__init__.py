"""What executions of triggers came to: the breaker that pauses a trigger, and failures grouped by what went wrong."""

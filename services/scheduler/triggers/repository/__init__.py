"""The SQL of triggers: the triggers themselves, schedules and their plan, the ledger, and what fires from it."""

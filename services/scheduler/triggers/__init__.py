"""Triggers of either kind, schedules with their plan, and the ledger of fires."""

"""Calendars: named sets of days on which schedules may or may not run."""

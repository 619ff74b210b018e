"""Expressions of users, evaluated outside the service's own process."""

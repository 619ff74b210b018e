"""Credentials: secrets that nodes use, sealed at rest and handed out to live executions alone."""

"""Backups of a whole Hub, their restoration, and the export of the vault key, which no backup holds."""

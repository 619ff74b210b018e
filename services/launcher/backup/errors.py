"""Why a backup is not made, not believed or not put back. Each message says what to do next."""


class BackupRefusedError(Exception):
    """Nothing was changed: something must be different first."""


class ArchiveError(Exception):
    """The file is no backup, or not a whole one, or not one that this version can read. Nothing was changed."""

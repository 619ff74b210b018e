"""Ids that people type."""

from services.cli.errors import usage
from services.client import is_id


def require_id(what: str, text: str) -> str:
    """An id in the Hub's form. Raises CliError for anything else."""
    if not is_id(text):
        raise usage(f"{text!r} is no id of {what}; `exekra execution list` shows them.")
    return text.lower()

"""Types of config fields that several node families share, with the checks pydantic makes of them."""

import codecs
from typing import Annotated

from pydantic import AfterValidator, Field


def _known_encoding(value: str) -> str:
    try:
        codec = codecs.lookup(value)
        "".encode(value)
    except (LookupError, ValueError) as error:
        raise ValueError(f"{value!r} is no text encoding; use utf-8, windows-1252, utf-16 or iso-8859-1") from error
    return codec.name


Encoding = Annotated[str, AfterValidator(_known_encoding)]
"""Name of a text encoding, normalised (`latin1` becomes `iso8859-1`)."""

SECRET_FORMAT = "password"  # noqa: S105 - the name that JSON Schema has for it
"""`format` of secrets in a config's JSON Schema: forms hide them, the engine masks what stands there."""

Secret = Annotated[str, Field(json_schema_extra={"format": SECRET_FORMAT})]
"""A text that must not be seen: in logs and records of runs it is hidden wherever it came from."""

"""Types of config fields that several node families share, with the checks pydantic makes of them."""

import codecs
from typing import Annotated

from pydantic import AfterValidator, Field

from runner.workflow.secret_places import SECRET_FORMAT


def _known_encoding(value: str) -> str:
    try:
        codec = codecs.lookup(value)
        "".encode(value)
    except (LookupError, ValueError) as error:
        raise ValueError(f"{value!r} is no text encoding; use utf-8, windows-1252, utf-16 or iso-8859-1") from error
    return codec.name


Encoding = Annotated[str, AfterValidator(_known_encoding)]
"""Name of a text encoding, normalised (`latin1` becomes `iso8859-1`)."""

Secret = Annotated[str, Field(json_schema_extra={"format": SECRET_FORMAT})]
"""A text that must not be seen: once its node runs, it is hidden in everything the execution tells."""

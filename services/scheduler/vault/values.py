"""What may be kept as a credential: its name, fields, limits. Raises INVALID naming the member."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from runner.workflow.documents import DocumentError, parse_document
from services.kit.ids import is_id
from services.scheduler.vault.errors import credential_invalid
from services.scheduler.vault.model import OPTIONAL_FIELDS, REQUIRED_FIELDS, CredentialKind

MAXIMUM_DESCRIPTION: Final = 2_000
MAXIMUM_VALUE_BYTES: Final = 256 * 1024
MAXIMUM_FIELDS: Final = 50
MAXIMUM_LIMITS: Final = 100
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_HOST: Final = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_ADDRESS: Final = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*")

Value = Mapping[str, str]


def read_name(name: str) -> str:
    """Such as an expression can write: credentials.<name>."""
    if not _NAME.fullmatch(name):
        raise credential_invalid("/name", "Give a letter, then letters, digits and underscores; at most 63 characters.")
    return name


def read_description(text: str) -> str:
    """Any text of a bounded length."""
    if len(text) > MAXIMUM_DESCRIPTION or "\x00" in text:
        raise credential_invalid("/description", f"Give at most {MAXIMUM_DESCRIPTION} characters.")
    return text


def read_value(kind: CredentialKind, data: bytes) -> Value:
    """The fields of a JSON object, complete for their kind. What is refused is never quoted."""
    try:
        document = parse_document(data or b"null", max_bytes=MAXIMUM_VALUE_BYTES)
    except DocumentError:
        raise credential_invalid("/value", f"Give an object of texts, at most {MAXIMUM_VALUE_BYTES} bytes.") from None
    if not isinstance(document, dict) or not document:
        raise credential_invalid("/value", "Give an object with a text for each field.")
    _check_names(kind, list(document))
    value: dict[str, str] = {}
    for name, text in document.items():
        if not isinstance(text, str) or not text:
            raise credential_invalid(f"/value/{name}", "Give a text that is not empty.")
        value[name] = text
    return value


def dump_value(value: Value) -> bytes:
    """As it is sealed."""
    return json.dumps(dict(value), ensure_ascii=False).encode()


def read_workflow_ids(ids: Sequence[str]) -> tuple[str, ...]:
    """Without repetitions. Whether there are such workflows is not asked: one may be deleted at any time."""
    if len(ids) > MAXIMUM_LIMITS or not all(map(is_id, ids)):
        raise credential_invalid("/workflowIds", f"Give the ids of at most {MAXIMUM_LIMITS} workflows.")
    return tuple(dict.fromkeys(ids))


def read_hosts(hosts: Sequence[str]) -> tuple[str, ...]:
    """In small letters, without repetitions."""
    read = tuple(dict.fromkeys(host.strip().lower().rstrip(".") for host in hosts))
    if len(read) > MAXIMUM_LIMITS:
        raise credential_invalid("/hosts", f"Give at most {MAXIMUM_LIMITS} hosts.")
    for index, host in enumerate(read):
        if len(host) > 253 or not (_HOST.fullmatch(host) or _ADDRESS.fullmatch(host)):
            detail = "Give a host name such as api.example.com, or *.example.com for all below it; no port, no path."
            raise credential_invalid(f"/hosts/{index}", detail)
    return read


def _check_names(kind: CredentialKind, names: Sequence[str]) -> None:
    required, optional = REQUIRED_FIELDS[kind], OPTIONAL_FIELDS.get(kind, ())
    if not required:
        if len(names) > MAXIMUM_FIELDS or not all(_NAME.fullmatch(name) for name in names):
            detail = f"Give at most {MAXIMUM_FIELDS} fields; names are letters, digits and underscores."
            raise credential_invalid("/value", detail)
        return
    if set(names) - {*required, *optional} or set(required) - set(names):
        wanted = ", ".join(required) + "".join(f", perhaps {name}" for name in optional)
        raise credential_invalid("/value", f"Give the fields of this kind: {wanted}.")

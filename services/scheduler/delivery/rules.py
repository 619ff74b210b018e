"""What an endpoint may be: its address, headers, filter and certificate. Pure; raises refusals that name the field."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import SplitResult, urlsplit

from services.kit.errors import DomainError, FieldError, invalid
from services.kit.ids import is_id
from services.kit.outbound import AddressPolicy, AddressRefused, tls_context
from services.scheduler.delivery.errors import bad_url
from services.scheduler.delivery.model import MAXIMUM_HEADERS, Draft, Filter
from services.scheduler.delivery.types import check_globs

MAXIMUM_NAME: Final = 200
MAXIMUM_URL: Final = 2_000
MAXIMUM_FILTERS: Final = 100
MAXIMUM_CA_BYTES: Final = 64 * 1024
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HEADER_VALUE: Final = re.compile(r"[\x20-\x7e\t]{0,2000}")
_RESERVED: Final = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"}
    | {"keep-alive", "proxy-connection", "user-agent", "cookie"}
)
_LABEL: Final = re.compile(r"[^\s,]{1,64}")


def checked(draft: Draft) -> Draft:
    """The draft in its normal form. Raises INVALID, EVENT_TYPE_UNKNOWN, ENDPOINT_URL."""
    name = draft.name.strip()
    if not 1 <= len(name) <= MAXIMUM_NAME:
        raise invalid("An endpoint needs a name.", FieldError("/name", f"Give 1 to {MAXIMUM_NAME} characters."))
    headers = None if draft.headers is None else _headers(draft.headers)
    _check_authority(draft.ca_pem)
    return replace(draft, name=name, url=_url(draft.url, draft), filter=_filter(draft.filter), headers=headers)


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: who gets what is sent."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def _url(url: str, draft: Draft) -> str:
    text = url.strip()
    if len(text) > MAXIMUM_URL or not text.isascii() or not text.isprintable() or " " in text:
        raise bad_url(f"Give at most {MAXIMUM_URL} ASCII characters without spaces.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise bad_url(f"This is no address: {error}.") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise bad_url("Give an address such as https://example.com/exekra.")
    if port == 0:
        raise bad_url("Port 0 cannot be connected to.")
    if parts.username is not None or parts.password is not None:
        raise bad_url("Put user and password into a header instead: addresses are shown and logged.")
    if parts.fragment:
        raise bad_url("Leave out what follows #: it is never sent.")
    _check_literal(parts, draft)
    return text


def _check_literal(parts: SplitResult, draft: Draft) -> None:
    """A number in place of a name is judged at once; names are judged at every connection."""
    if draft.allow_private:
        return
    try:
        AddressPolicy().check(parts.hostname or "")
    except AddressRefused:
        raise bad_url("This is not a public address. An administrator may set allowPrivate.") from None
    except ValueError:
        return  # a name


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    if len(headers) > MAXIMUM_HEADERS:
        raise invalid("Too many headers.", FieldError("/headers", f"Give at most {MAXIMUM_HEADERS}."))
    lowered = [name.lower() for name in headers]
    for name, value in headers.items():
        where = f"/headers/{name}"
        if not _HEADER_NAME.fullmatch(name) or lowered.count(name.lower()) > 1:
            raise _bad_header(where, "This is no name of a header, or stands twice.")
        if name.lower() in _RESERVED or name.lower().startswith("webhook-"):
            raise _bad_header(where, "The Hub sets this one itself.")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            raise _bad_header(where, "Give printable ASCII without line breaks, at most 2,000 characters.")
    return dict(headers)


def _bad_header(pointer: str, detail: str) -> DomainError:
    return invalid("A header cannot be sent.", FieldError(pointer, detail))


def _filter(chosen: Filter) -> Filter:
    for pointer, items in (("/workflowIds", chosen.workflow_ids), ("/labels", chosen.labels)):
        if len(items) > MAXIMUM_FILTERS:
            raise invalid("The filter is too long.", FieldError(pointer, f"Give at most {MAXIMUM_FILTERS}."))
    for index, workflow_id in enumerate(chosen.workflow_ids):
        if not is_id(workflow_id):
            raise invalid("A workflow is named by its id.", FieldError(f"/workflowIds/{index}", "This is no id."))
    for index, label in enumerate(chosen.labels):
        if not _LABEL.fullmatch(label):
            raise invalid("A label is a word.", FieldError(f"/labels/{index}", "Give 1 to 64 characters, no spaces."))
    return Filter(
        check_globs(chosen.event_types),
        tuple(dict.fromkeys(chosen.workflow_ids)),
        tuple(dict.fromkeys(chosen.labels)),
    )


def _check_authority(pem: str) -> None:
    if not pem:
        return
    bad = invalid("The certificate authority cannot be read.", FieldError("/caPem", "Give certificates in PEM form."))
    if len(pem) > MAXIMUM_CA_BYTES:
        raise bad
    try:
        tls_context(authority=pem)
    except (ssl.SSLError, ValueError):
        raise bad from None

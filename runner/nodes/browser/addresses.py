"""Addresses of pages as configs may write them."""

from urllib.parse import urlsplit


def checked_address(text: str) -> str:
    """The address. Raises ValueError unless it is http(s), a file, `data:` or `about:blank`."""
    address = text.strip()
    parts = urlsplit(address)
    if parts.scheme in {"http", "https"} and not parts.hostname:
        raise ValueError(f"{text!r} names no server; write for instance https://example.com")
    if parts.scheme not in {"http", "https", "file", "data", "about"}:
        raise ValueError(f"{text!r} is no address of a page; write for instance https://example.com")
    return address

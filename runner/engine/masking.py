"""Hides credentials in everything that leaves an execution: logs, inputs, outputs, failures, names of files."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from runner.workflow.documents import Json

MASK = "•••"
MIN_LENGTH = 4
"""Shorter secrets are hidden only where they are the whole text: hiding every `1` would destroy the log."""


class Masker:
    """Replaces secrets, and what base64, URLs, JSON and HTML make of them, by `•••`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._whole = {secret for secret in secrets if secret}
        forms = {form for secret in self._whole if len(secret) >= MIN_LENGTH for form in _forms(secret)}
        # The longest first, so that a secret that contains another is hidden whole.
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None
        self.is_idle = not self._whole

    @classmethod
    def for_credentials(cls, credentials: Mapping[str, Mapping[str, str]]) -> "Masker":
        """A masker for every field of every credential, user names included."""
        return cls(str(value) for fields in credentials.values() for value in fields.values())

    def text(self, text: str) -> str:
        """The text without secrets."""
        if text in self._whole:
            return MASK
        return self._pattern.sub(MASK, text) if self._pattern else text

    def json(self, value: Json) -> Json:
        """The document without secrets, in values and in keys. The same object when there is nothing to hide."""
        return value if self.is_idle else self._walk(value)

    def _walk(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._walk(element) for element in value]
        if isinstance(value, dict):
            return {self.text(key): self._walk(element) for key, element in value.items()}
        return value


def _forms(secret: str) -> Iterable[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    yield quote(secret, safe="", errors="replace")
    yield quote_plus(secret, errors="replace")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode()
        # Inside a longer text (user:password) the letters depend on where in a group of three the secret begins.
        for before in range(3):
            whole = encode(b"\0" * before + raw).decode().rstrip("=")
            inner = whole[(0, 2, 3)[before] : len(whole) - 1]
            if len(inner) >= MIN_LENGTH + 2:
                yield inner

"""Hides credentials in everything that leaves an execution: logs, inputs, outputs, failures, names of files."""

import base64
import json
import re
from collections.abc import Iterable, Set
from typing import Any
from urllib.parse import quote, quote_plus

from runner.workflow.documents import Json

MASK = "•••"
MIN_LENGTH = 4
"""Shorter secrets are hidden only where they are the whole text: hiding every `1` would destroy the log."""
MIN_LINE = 12
"""Shorter lines of a secret with many lines may be anything: `-----`, an end of a block."""
LEARNT = 20
"""A loop may meet another secret in each turn: hiding all of them for ever would take ever longer."""


class Masker:
    """Replaces secrets, and what base64, URLs, JSON and HTML make of them, by `•••`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._given = frozenset(secret for secret in secrets if secret)
        self._learnt: dict[str, None] = {}
        self._whole: Set[str] = frozenset()
        self._longest = 0
        self._pattern: re.Pattern[str] | None = None
        self._prepare()

    def keep(self, secrets: Iterable[str]) -> None:
        """Hide these for ever from now on, also in open streams: fields of credentials, user names included."""
        kept = self._given.union(secret for secret in secrets if secret)
        if kept != self._given:
            self._given = kept
            self._prepare()

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these as well from now on, also in streams that are open; of many, those that were learnt last."""
        new = [secret for secret in secrets if secret and secret not in self._whole]
        if not new:
            return
        self._learnt.update(dict.fromkeys(new))
        while len(self._learnt) > LEARNT:
            del self._learnt[next(iter(self._learnt))]
        self._prepare()

    def stream(self) -> "MaskedStream":
        """For a text that comes in pieces: a secret that is cut in two is hidden too."""
        return MaskedStream(self)

    def sure_part(self, text: str, *, is_all: bool) -> tuple[str, str]:
        """What can be told of the beginning of a text, masked, and the rest that depends on what follows."""
        if self._pattern is None:
            return text, ""
        # A secret that begins before this place is there as a whole, or it is none.
        undecided = len(text) + 1 if is_all else max(0, len(text) - self._longest + 1)
        told, position = [], 0
        while (found := self._pattern.search(text, position)) and found.start() < undecided:
            told += [text[position : found.start()], MASK]
            position = found.end()
        end = max(position, min(undecided, len(text)))
        return "".join([*told, text[position:end]]), text[end:]

    def text(self, text: str) -> str:
        """The text without secrets."""
        if text in self._whole:
            return MASK
        return self._pattern.sub(MASK, text) if self._pattern else text

    def json(self, value: Json) -> Json:
        """The document without secrets, in values and in keys. The same object when there is nothing to hide."""
        return value if self.is_idle else self._walk(value)

    def _prepare(self) -> None:
        self._whole = self._given | self._learnt.keys()
        forms = {form for secret in self._whole if len(secret) >= MIN_LENGTH for form in _forms(secret)}
        # The longest first, so that a secret that contains another is hidden whole.
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None
        self._longest = len(ordered[0]) if ordered else 0
        self.is_idle = not self._whole

    def _walk(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._walk(element) for element in value]
        if isinstance(value, dict):
            return {self.text(key): self._walk(element) for key, element in value.items()}
        return value


class MaskedStream:
    """Masks a text piece by piece, with the result that the whole text would have."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._rest = ""

    def feed(self, text: str) -> str:
        """What can be told now; the end of it waits until it is clear that no secret begins there."""
        told, self._rest = self._masker.sure_part(self._rest + text, is_all=False)
        return told

    def close(self) -> str:
        """The rest."""
        told, self._rest = self._masker.sure_part(self._rest, is_all=True)
        return told


def _forms(secret: str) -> Iterable[str]:
    yield from _shapes(secret)
    # A key of many lines is printed line by line, and logged so.
    if "\n" in secret.strip():
        for line in secret.splitlines():
            if len(line) >= MIN_LINE:
                yield from _shapes(line)


def _shapes(secret: str) -> Iterable[str]:
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

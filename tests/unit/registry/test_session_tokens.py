"""Session tokens: what they say, and that nothing else passes for one."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import DomainError
from services.kit.ids import new_id
from services.registry.session_tokens import SessionTokens


class SetClock:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


def test_a_token_says_who_until_when_and_by_which_secret():
    runner_id = new_id()
    tokens = SessionTokens(SetClock(), 600)
    text, expires_at = tokens.issue(runner_id, 7)
    read = tokens.read(text)
    assert (read.runner_id, read.secret_version, read.expires_at) == (runner_id, 7, expires_at)


def test_a_token_ends():
    clock = SetClock()
    tokens = SessionTokens(clock, 600)
    text, _ = tokens.issue(new_id(), 1)
    clock.at += timedelta(seconds=599)
    assert tokens.is_ageing(tokens.read(text))
    clock.at += timedelta(seconds=1)
    with pytest.raises(DomainError):
        tokens.read(text)


def test_a_token_of_another_process_is_refused():
    clock = SetClock()
    text, _ = SessionTokens(clock, 600).issue(new_id(), 1)
    with pytest.raises(DomainError, match="Authenticate again"):
        SessionTokens(clock, 600).read(text)


@given(st.binary(min_size=1, max_size=1), st.integers(min_value=0, max_value=59))
def test_no_changed_byte_goes_unnoticed(byte: bytes, place: int):
    tokens = SessionTokens(SetClock(), 600)
    text, _ = tokens.issue(new_id(), 1)
    content = base64.urlsafe_b64decode(text)
    changed = content[:place] + byte + content[place + 1 :]
    if changed != content:
        with pytest.raises(DomainError):
            tokens.read(base64.urlsafe_b64encode(changed).decode())


@given(st.text())
def test_any_other_text_is_refused_and_never_an_error(text: str):
    with pytest.raises(DomainError):
        SessionTokens(SetClock(), 600).read(text)

"""Where a kept sign-in goes, and where not."""

import json
import stat
from pathlib import Path

import pytest

from services.cli.profile import Profile, profile_path, save_profile
from tests.unit.cli.answers import Exekra
from tests.unit.cli.conftest import ScriptedHub


def test_a_password_without_a_terminal_is_not_asked_for(
    hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXEKRA_URL", "https://127.0.0.1:1")
    ran = exekra("login")
    assert ran.status == 2
    assert "--password-file" in ran.err
    assert exekra("login", "http://plain.example").status == 2


def test_a_stored_sign_in_goes_to_its_own_server_alone_and_logout_forgets_it(
    hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EXEKRA_API_KEY")
    profile_path().parent.mkdir(parents=True)
    stored = {"url": hub.url, "cookie": "__Host-exekra-1", "session": "s3cret", "csrf_token": "c5rf"}
    profile_path().write_text(json.dumps(stored))
    hub.answer("POST /api/dispatch/release", {})
    hub.answer("POST /api/auth/logout", {})
    exekra("dispatch", "release")
    request = hub.sent("POST /api/dispatch/release")
    assert (request.headers["Cookie"], request.headers["X-Exekra-Csrf"]) == ("__Host-exekra-1=s3cret", "c5rf")
    profile_path().write_text(json.dumps({**stored, "url": "https://elsewhere.example"}))
    exekra("dispatch", "release")
    assert "Cookie" not in hub.sent("POST /api/dispatch/release").headers
    assert exekra("logout").status == 0
    assert not profile_path().exists()
    profile_path().write_text("nonsense")
    assert "Remove it" in exekra("dispatch", "release").err


def test_an_api_key_in_a_file_comes_before_a_stored_session(
    hub: ScriptedHub, exekra: Exekra, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("exk_from_file\n")
    monkeypatch.delenv("EXEKRA_API_KEY")
    monkeypatch.setenv("EXEKRA_API_KEY_FILE", str(key))
    hub.answer("POST /api/dispatch/release", {})
    exekra("dispatch", "release")
    assert hub.sent("POST /api/dispatch/release").headers["Authorization"] == "Bearer exk_from_file"


def test_a_kept_sign_in_is_readable_by_this_account_alone(hub: ScriptedHub) -> None:
    path = save_profile(Profile(hub.url, session="s"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

"""`exekra login` and `logout`: tries a credential, then keeps it for the commands to come."""

import asyncio
import getpass
import hashlib
import ssl
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
import typer

from services.cli.client import Hub
from services.cli.errors import REFUSED, UNREACHABLE, CliError, usage
from services.cli.profile import Profile, forget_profile, load_profile, read_text, save_profile
from services.cli.session import session_of

T = TypeVar("T")

DEFAULT_EMAIL = "admin@localhost"
_HEX_DIGITS = 64
FETCH_SECONDS = 10.0


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("login")(login)
    app.command("logout")(logout)


def login(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="https://host:4545; the Hub on this machine when left out.")] = "",
    email: Annotated[str, typer.Option(help="Who you are.")] = DEFAULT_EMAIL,
    password_file: Annotated[Path | None, typer.Option(help="File with the password; - for standard input.")] = None,
    api_key_file: Annotated[
        Path | None, typer.Option(help="File with an API key, in place of a password; - for standard input.")
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="The Hub's certificate authority (PEM).")] = None,
    fingerprint: Annotated[
        str, typer.Option(help="SHA-256 of the Hub's authority; it is then fetched from the Hub.")
    ] = "",
) -> None:
    """Sign in and keep it: with an API key, or with e-mail and password (asked for on a terminal)."""
    session = session_of(context)
    profile = _server(load_profile(session.settings), url)
    if ca is not None:
        profile = replace(profile, authority=read_text(ca))
    elif fingerprint:
        profile = replace(profile, authority=_fetch_authority(profile.url, fingerprint))
    if api_key_file is not None:
        profile = replace(profile, api_key=_secret(api_key_file), cookie="", session="", csrf_token="")
        who = _run(profile, _who)
    else:
        password = _secret(password_file) if password_file is not None else _ask_password(email)
        profile, who = _run(profile, lambda hub: _log_in(hub, email, password))
    path = save_profile(profile)
    session.output.document(
        {"url": profile.url, "user": who["user"], "permissions": who["permissions"]},
        [f"Signed in to {profile.url} as {who['user']['email']} ({who['user']['role']}); kept in {path}."],
    )


def logout(context: typer.Context) -> None:
    """End the session at the Hub and forget the sign-in."""
    session = session_of(context)
    profile = session.profile()
    if profile.session:
        session.ask(lambda hub: hub.post("/auth/logout"))
    there = forget_profile()
    session.output.document({"signedOut": there}, ["Signed out." if there else "There was no sign-in to forget."])


async def _log_in(hub: Hub, email: str, password: str) -> tuple[Profile, dict[str, Any]]:
    body = {"email": email, "password": password}
    async with hub.request("POST", "/auth/login", body=body) as response:
        who: dict[str, Any] = await response.json()
        cookies = [cookie for cookie in response.cookies.values() if cookie.value]
    if not cookies:
        raise CliError("The Hub gave no session. Is it a Hub?")
    signed_in = replace(
        hub.profile,
        api_key="",
        cookie=cookies[0].key,
        session=cookies[0].value,
        csrf_token=who.get("csrfToken") or "",
    )
    return signed_in, who


async def _who(hub: Hub) -> dict[str, Any]:
    who: dict[str, Any] = await hub.get("/auth/me")
    return who


def _run(profile: Profile, work: Callable[[Hub], Awaitable[T]]) -> T:
    """Does the work with a Hub that is not signed in to yet."""

    async def run() -> T:
        async with Hub(profile) as hub:
            return await work(hub)

    return asyncio.run(run())


def _server(profile: Profile, url: str) -> Profile:
    """The named server; what is known of another one is not carried over."""
    url = (url or profile.url).rstrip("/")
    if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
        raise usage(f"{url!r} is no address of a Hub; give one like https://hub.example:4545.")
    return profile if url == profile.url else Profile(url)


def _secret(path: Path) -> str:
    text = sys.stdin.read() if str(path) == "-" else read_text(path)
    secret = text.strip("\r\n")
    if not secret:
        raise usage(f"{path} holds nothing.")
    return secret


def _ask_password(email: str) -> str:
    if not sys.stdin.isatty():
        raise usage("There is no terminal to ask for the password: give --password-file or --api-key-file.")
    return getpass.getpass(f"Password of {email}: ")


def _fetch_authority(url: str, fingerprint: str) -> str:
    """The authority as the Hub hands it out, believed because of its fingerprint alone."""
    wanted = fingerprint.removeprefix("sha256:").replace(":", "").lower()
    if len(wanted) != _HEX_DIGITS:
        raise usage("A fingerprint is SHA-256 in hex, as the Hub prints it at its start.")
    pem = _run(Profile(url), _fetch_unverified)
    found = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    if found != wanted:
        raise CliError(f"The Hub's authority has another fingerprint: {found}.", REFUSED)
    return pem


async def _fetch_unverified(hub: Hub) -> str:
    timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{hub.profile.url}/ca.pem", ssl=False) as response,
        ):
            if response.status != 200:
                raise CliError(f"{hub.profile.url} hands out no authority ({response.status}); give --ca.", REFUSED)
            return await response.text()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise CliError(f"No Hub answers at {hub.profile.url}: {error}", UNREACHABLE) from None

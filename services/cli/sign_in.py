"""`exekra login` and `logout`: tries a credential, then keeps it for the commands to come."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import typer

from services.cli.client import as_cli_error, connected
from services.cli.errors import REFUSED, CliError, usage
from services.cli.profile import Profile, forget_profile, load_profile, read_text, save_profile
from services.cli.session import session_of
from services.client import NEVER, Hub, HubError, NotSignedIn, fetch_authority
from services.client.models.administration import Me

T = TypeVar("T")

DEFAULT_EMAIL = "admin@localhost"


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
        who = _run(profile, lambda hub: hub.administration.me())
    else:
        password = _secret(password_file) if password_file is not None else _ask_password(email)
        profile, who = _run(profile, lambda hub: _log_in(hub, profile, email, password))
    path = save_profile(profile)
    session.output.document(
        {"url": profile.url, "user": who.user.as_json(), "permissions": who.permissions},
        [f"Signed in to {profile.url} as {who.user.email} ({who.user.role}); kept in {path}."],
    )


def logout(context: typer.Context) -> None:
    """End the session at the Hub and forget the sign-in."""
    session = session_of(context)
    profile = session.profile()
    if profile.session:
        session.ask(lambda hub: hub.administration.log_out())
    there = forget_profile()
    session.output.document({"signedOut": there}, ["Signed out." if there else "There was no sign-in to forget."])


async def _log_in(hub: Hub, profile: Profile, email: str, password: str) -> tuple[Profile, Me]:
    try:
        me, session = await hub.administration.log_in(email, password)
    except NotSignedIn as problem:
        raise CliError(problem.detail, REFUSED, reason=problem.reason) from None
    signed_in = replace(profile, api_key="", cookie=session.name, session=session.value, csrf_token=session.csrf_token)
    return signed_in, me


def _run(profile: Profile, work: Callable[[Hub], Awaitable[T]]) -> T:
    """Does the work with a Hub that is not signed in to yet."""

    async def run() -> T:
        async with connected(profile, NEVER) as hub:
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
    try:
        return asyncio.run(fetch_authority(url, fingerprint))
    except ValueError as error:
        raise usage(str(error)) from None
    except HubError as error:
        raise as_cli_error(error, url) from None

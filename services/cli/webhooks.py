"""`exekra trigger webhook|rotate`: what webhook triggers have of their own. Their inbox is `exekra delivery`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.errors import usage
from services.cli.profile import read_text
from services.cli.session import session_of
from services.cli.triggers import Name, find_trigger
from services.client import Hub

AUTH_MEMBERS = ("username", "header", "algorithm", "encoding", "prefix")


def add_to(app: typer.Typer) -> None:
    """Under `exekra trigger`."""
    app.command("webhook")(change_webhook)
    app.command("rotate")(rotate_secret)


def change_webhook(
    context: typer.Context,
    name: Name,
    auth: Annotated[str | None, typer.Option(help="none, bearer, basic, github, stripe, slack, hmac, …")] = None,
    secret_file: Annotated[
        Path | None, typer.Option(help="File with a secret that the sender made; the one before lives on for a day.")
    ] = None,
    username: Annotated[str | None, typer.Option(help="Of basic.")] = None,
    header: Annotated[str | None, typer.Option(help="Of hmac: the header with the signature.")] = None,
    algorithm: Annotated[str | None, typer.Option(help="Of hmac: sha1, sha256, sha384, sha512.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of hmac: hex, base64, base64url.")] = None,
    prefix: Annotated[str | None, typer.Option(help="Of hmac: before the signature, such as sha256=.")] = None,
    filters: Annotated[
        str | None, typer.Option("--filter", help="An expression over the inputs; '' takes everything.")
    ] = None,
    allow: Annotated[list[str] | None, typer.Option(help="A network that may call; may stand several times.")] = None,
    rate_limit: Annotated[int | None, typer.Option(min=0, help="Deliveries a minute; 0: the Hub's default.")] = None,
) -> None:
    """Change how a webhook trigger is called; what is left out stays."""
    session = session_of(context)
    given = dict(zip(AUTH_MEMBERS, (username, header, algorithm, encoding, prefix), strict=True)) | {"type": auth}
    members = {member: value for member, value in given.items() if value is not None}
    if secret_file is not None:
        members["secret"] = read_text(secret_file).strip()
    wanted = {"auth": members or None, "filter": filters, "allowedIps": allow or None, "rateLimit": rate_limit}
    body = {member: value for member, value in wanted.items() if value is not None}
    if not body:
        raise usage("Say what is to change: exekra trigger webhook --help")

    async def change(hub: Hub) -> dict[str, Any]:
        trigger = await find_trigger(hub, name)
        changed: dict[str, Any] = await hub.patch(f"/triggers/{trigger['id']}", body)
        return changed

    answer = session.ask(change)
    trigger = answer["trigger"]
    lines = [f"{trigger['name']} takes deliveries at {trigger['url']}", f"authentication: {trigger['auth']['type']}"]
    if auth not in (None, "none") and secret_file is None:
        lines.append(
            f"Its secret was made anew if this is another kind; see one: exekra trigger rotate {trigger['id']}"
        )
    session.output.document(answer, lines)


def rotate_secret(context: typer.Context, name: Name) -> None:
    """Make a new secret for a webhook; the one before is accepted for a while."""
    session = session_of(context)

    async def rotate(hub: Hub) -> dict[str, Any]:
        trigger = await find_trigger(hub, name)
        rotated: dict[str, Any] = await hub.create(f"/triggers/{trigger['id']}/rotate", {})
        return rotated

    answer = session.ask(rotate)
    until = answer["trigger"]["previousSecretUntil"]
    session.output.document(
        answer, [f"secret: {answer['secret']}  (shown this once)", f"the one before is accepted until {until}"]
    )

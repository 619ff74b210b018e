"""Opens the page of the agent that runs with this home: shows it the token of its file, gets a ticket, goes in."""

import json
import urllib.request
from pathlib import Path

from runner.page.door import published

ANSWER_SECONDS = 5.0


class NoPageError(Exception):
    """There is no page to open; the message says what to do."""


def ticket_url(home: Path) -> str:
    """An address that opens the page once, within a minute. Raises NoPageError."""
    address = published(home)
    if address is None:
        raise NoPageError(
            f"No runner works with {home}. Start it: exekra-runner run, or exekra-runner service install. "
            "Name another home by EXEKRA_RUNNER_HOME."
        )
    request = urllib.request.Request(  # noqa: S310 - http on 127.0.0.1
        f"{address.url}/tickets",
        data=b"",
        headers={"Authorization": f"Bearer {address.token}", "X-Exekra-Page": "open"},
        method="POST",
    )
    # A proxy of the environment must never see the token.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=ANSWER_SECONDS) as answer:
            ticket = json.loads(answer.read(4096))["ticket"]
    except (OSError, ValueError, KeyError) as error:
        raise NoPageError(
            f"The runner's page at {address.url} does not answer ({error}): the runner has ended without saying so. "
            "Start it again: exekra-runner run"
        ) from None
    return f"{address.url}/enter?ticket={ticket}"

"""The examples a trigger hands out run as they stand, and what they send is believed."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from services.scheduler.webhooks.examples import examples, instructions
from services.scheduler.webhooks.model import (
    Algorithm,
    Authentication,
    AuthType,
    Encoding,
    Incoming,
    SecretEncoding,
)
from services.scheduler.webhooks.signatures import check
from services.scheduler.webhooks.spec import make_secret

KINDS = [
    *(Authentication(kind, username='o\'hara "$x"') for kind in AuthType if kind is not AuthType.HMAC),
    Authentication(AuthType.HMAC, header="X-Mac", algorithm=Algorithm.SHA512, encoding=Encoding.BASE64URL),
    Authentication(AuthType.HMAC, header="X-Mac", prefix="$(id)\"`'=", secret_encoding=SecretEncoding.HEX),
    Authentication(
        AuthType.HMAC, header="X-Mac", encoding=Encoding.BASE64, secret_encoding=SecretEncoding.BASE64, prefix="v="
    ),
]
PROGRAMS = {"sh": ("/bin/sh", "-eu", "-c"), "python": (sys.executable, "-c")}


@pytest.fixture
async def received() -> AsyncIterator[tuple[str, list[Incoming]]]:
    """Where examples are sent, and what arrived."""
    got: list[Incoming] = []

    async def take(request: web.Request) -> web.Response:
        headers = [(name.lower(), value) for name, value in request.headers.items()]
        url = f"http://{request.host}{request.path}"
        got.append(Incoming(headers=headers, query="", body=await request.read(), ip="127.0.0.1", url=url))
        return web.json_response({})

    application = web.Application()
    application.router.add_post("/hooks/{token}", take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://127.0.0.1:{port}/hooks/a-token", got
    await runner.cleanup()


@pytest.mark.parametrize("language", PROGRAMS)
@pytest.mark.parametrize("auth", KINDS, ids=lambda auth: f"{auth.type} {auth.secret_encoding}")
async def test_an_example_runs_and_is_believed(
    auth: Authentication, language: str, received: tuple[str, list[Incoming]]
) -> None:
    url, got = received
    secret = make_secret(auth)
    code = next(example.code for example in examples(auth, url) if example.language == language)
    assert secret not in code
    process = await asyncio.create_subprocess_exec(
        *PROGRAMS[language],
        code,
        env={**os.environ, "SECRET": secret, "no_proxy": "*"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaints = await process.communicate()
    assert (process.returncode, complaints) == (0, b"")
    (sent,) = got
    assert check(auth, [secret], sent, time.time()) is None
    if auth.type is not AuthType.NONE:
        assert check(auth, [make_secret(auth)], sent, time.time()) is not None
    assert instructions(auth)

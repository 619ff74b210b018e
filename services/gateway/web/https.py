"""Listening on HTTPS: the certificate, the port that must be free, and the drain."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from services.gateway.settings import GatewaySettings
from services.kit.errors import DomainError, Kind

BACKLOG = 512
KEEP_ALIVE_SECONDS = 75.0
HEAD_BYTES = 16 * 1024


def _is_ours(record: logging.LogRecord) -> bool:
    """False for a head that is no HTTP: it was answered 400, and a stranger must not fill the log with tracebacks."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def tls_context(settings: GatewaySettings) -> ssl.SSLContext:
    """Raises TLS_MISSING when the settings name no certificate, OSError when it cannot be read."""
    if settings.tls_certificate is None or settings.tls_key is None:
        raise DomainError(
            Kind.INVALID, "TLS_MISSING", "Set EXEKRA_TLS_CERTIFICATE and EXEKRA_TLS_KEY to the server's PEM files."
        )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    return context


@asynccontextmanager
async def listening(application: web.Application, settings: GatewaySettings) -> AsyncIterator[int]:
    """Serves while the block runs and yields the port; leaving it finishes requests. Raises OSError if taken."""
    runner = web.AppRunner(
        application,
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=settings.drain_seconds,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        max_line_size=HEAD_BYTES,
        max_field_size=HEAD_BYTES,
    )
    logger = logging.getLogger("aiohttp.server")
    logger.addFilter(_is_ours)
    await runner.setup()
    try:
        site = web.TCPSite(
            runner,
            settings.https_host or None,
            settings.https_port,
            ssl_context=tls_context(settings),
            backlog=BACKLOG,
            reuse_port=False,
        )
        await site.start()
        port: int = runner.addresses[0][1]
        yield port
    finally:
        await asyncio.shield(runner.cleanup())
        logger.removeFilter(_is_ours)

"""A real IMAP server on loopback in a process of its own, with one mailbox."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from imap_tools import MailBoxUnencrypted

from services.launcher.ports import free_port
from tests.eventually import eventually


@dataclass(frozen=True)
class ImapPlace:
    """The server, as configs name it."""

    port: int

    @property
    def config(self) -> dict:
        return {"host": "127.0.0.1", "port": self.port, "security": "none", "username": "office", "password": "geheim"}

    def box(self) -> MailBoxUnencrypted:
        box = MailBoxUnencrypted("127.0.0.1", self.port, timeout=10)
        box.login("office", "geheim")
        return box

    def put(self, message: EmailMessage) -> None:
        """A mail arrives."""
        with self.box() as box:
            box.append(message.as_bytes(), "INBOX")

    def answers(self) -> bool:
        try:
            self.box().logout()
        except OSError:
            return False
        return True


@asynccontextmanager
async def imap_server() -> AsyncIterator[ImapPlace]:
    place = ImapPlace(free_port())
    arguments = ["dict", "--demo-data", "--demo-user", "office", "--demo-password", "geheim"]
    command = [sys.executable, "-c", "from pymap.main import main; main()", "--host", "127.0.0.1", "--no-tls"]
    command += ["--port", str(place.port), *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = await asyncio.create_subprocess_exec(*command, **quiet)
    try:
        await eventually(place.answers, seconds=60)
        yield place
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()

"""Signing in, the licence, the audit log, the dispatch hold and the dashboard."""

from collections.abc import AsyncIterator
from typing import Any

from services.client.access import SessionCookie
from services.client.calls import Calls
from services.client.errors import HubError
from services.client.models.administration import AuditEvent, AuditVerdict, Dispatch, InstallationSettings, License, Me
from services.client.transport import Request, Transport

VERIFY_SECONDS = 150.0


class Administration:
    """`hub.administration`."""

    def __init__(self, calls: Calls, transport: Transport) -> None:
        self._calls = calls
        self._transport = transport

    async def log_in(self, email: str, password: str) -> tuple[Me, SessionCookie]:
        """Who it is now, and the credential for calls to come. Raises NotSignedIn, RateLimited."""
        body = {"email": email, "password": password}
        async with self._transport.send(Request(method="POST", path="/auth/login", body=body)) as response:
            me = Me.model_validate(await response.json())
            cookies = [cookie for cookie in response.cookies.values() if cookie.value]
        if not cookies:
            raise HubError("The Hub gave no session. Is it a Hub?")
        return me, SessionCookie(cookies[0].key, cookies[0].value, me.csrf_token or "")

    async def log_out(self) -> None:
        """Ends the session; an API key has none to end."""
        await self._calls.post("/auth/logout")

    async def me(self) -> Me:
        """Whose credential this is. Raises NotSignedIn."""
        return Me.model_validate(await self._calls.get("/auth/me"))

    async def license(self) -> License:
        """The licence in force."""
        return License.model_validate((await self._calls.get("/license"))["license"])

    async def install_license(self, file: str) -> License:
        """Puts the licence of this text in force. Installed again, it changes nothing. Raises Invalid."""
        return License.model_validate((await self._calls.post("/license", {"file": file}))["license"])

    async def settings(self) -> InstallationSettings:
        """Of the whole installation."""
        return InstallationSettings.model_validate((await self._calls.get("/settings"))["settings"])

    async def change_settings(self, *, etag: str = "", **members: Any) -> InstallationSettings:
        """Members as the API names them: installationName, timeZone; None takes one back. Raises Changed, Invalid."""
        answer = await self._calls.patch("/settings", members, if_match=etag)
        return InstallationSettings.model_validate(answer["settings"])

    async def hold_dispatch(self, reason: str = "") -> None:
        """No work is assigned until released; running work goes on."""
        await self._calls.post("/dispatch/hold", {"reason": reason})

    async def dispatch(self) -> Dispatch:
        """Whether work is given out."""
        return Dispatch.model_validate((await self._calls.get("/dispatch"))["dispatch"])

    async def release_dispatch(self) -> None:
        """Work is assigned again."""
        await self._calls.post("/dispatch/release")

    async def audit(
        self, *, actor: str = "", action: str = "", resource: str = "", most: int | None = None
    ) -> AsyncIterator[AuditEvent]:
        """Newest first."""
        async for item in self._calls.each("/audit", most, actor=actor, action=action, resource=resource):
            yield AuditEvent.model_validate(item)

    async def verify_audit(self) -> AuditVerdict:
        """Recomputes the chain; takes a while on a long one."""
        request = Request(method="POST", path="/audit/verify", seconds=VERIFY_SECONDS)
        return AuditVerdict.model_validate(await self._calls.call(request))

    async def export_audit(self) -> AsyncIterator[bytes]:
        """All events in order as JSON lines, in pieces."""
        async for chunk in self._calls.download("/audit/export"):
            yield chunk

    async def dashboard(self) -> dict[str, Any]:
        """What runs, what waits, what failed lately."""
        document: dict[str, Any] = await self._calls.get("/dashboard")
        return document

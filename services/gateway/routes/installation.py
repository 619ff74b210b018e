"""The installation's settings: what administrators change while it runs, and what its environment has fixed."""

import zoneinfo
from datetime import datetime
from functools import cache
from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, StringConstraints

from services.gateway import VERSION
from services.gateway.installation.model import InstallationSettings, SettingsChange
from services.gateway.permissions import SIGNED_IN
from services.gateway.routes.declaration import Call, Route
from services.gateway.routes.workflows import read_if_match
from services.gateway.settings import GatewaySettings
from services.gateway.transcoding.fields import ApiModel, BodyModel
from services.gateway.web.endpoint import json_response
from services.kit.settings import PREFIX

FIXED = ("public_url", "session_idle_seconds", "session_absolute_seconds")
"""Settings of the gateway that people ask for; none of them is a secret."""


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _check_zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("give an IANA time zone such as Europe/Berlin")
    return value


def _check_printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("use printable characters on one line")
    return value


InstallationName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), AfterValidator(_check_printable)
]
TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_check_zone)]


class FixedSetting(ApiModel):
    """A setting of the Hub's environment: `variable` sets it, at the next start. Null: it is not set."""

    variable: str
    value: float | str | None


class SettingsShape(ApiModel):
    """Of the whole installation.

    `installationName` tells one Hub from another; null: it is called Exekra Hub. `timeZone` (IANA) is what new
    schedules and calendars begin with in the browser; null: the zone of whoever makes them.
    """

    installation_name: str | None
    time_zone: str | None
    installation_id: str
    version: str
    updated_at: datetime
    etag: str
    fixed: list[FixedSetting]


class SettingsAnswer(ApiModel):
    """What holds now."""

    settings: SettingsShape


class ChangeSettings(BodyModel):
    """What is left out stays as it is; null takes a setting back. Send `If-Match` to notice others' changes."""

    installation_name: InstallationName | None = None
    time_zone: TimeZone | None = None


async def show_settings(call: Call) -> web.Response:
    """For everybody who is signed in: nothing of it is a secret."""
    return _answer(call, await call.gateway.installation.settings())


async def change_settings(call: Call) -> web.Response:
    """Holds at once for everybody who loads a page or asks."""
    body: ChangeSettings = call.body
    given = {"installation_name": "name", "time_zone": "time_zone"}
    fields = frozenset(given[name] for name in body.model_fields_set)
    change = SettingsChange(fields, name=body.installation_name, time_zone=body.time_zone)
    return _answer(call, await call.gateway.installation.change(change, read_if_match(call)))


def _answer(call: Call, settings: InstallationSettings) -> web.Response:
    shape = SettingsShape(
        installation_name=settings.name,
        time_zone=settings.time_zone,
        installation_id=settings.installation_id,
        version=VERSION,
        updated_at=settings.updated_at,
        etag=settings.etag,
        fixed=[_fixed(call.gateway.settings, name) for name in FIXED],
    )
    return json_response(SettingsAnswer(settings=shape), headers={"ETag": f'"{settings.etag}"'})


def _fixed(settings: GatewaySettings, name: str) -> FixedSetting:
    return FixedSetting(variable=f"{PREFIX}{name.upper()}", value=getattr(settings, name) or None)


ROUTES = (
    Route(
        method="GET",
        path="/settings",
        summary="Show the settings of the installation",
        resource="settings",
        permission=SIGNED_IN,
        serve=show_settings,
        response=SettingsAnswer,
    ),
    Route(
        method="PATCH",
        path="/settings",
        summary="Name the installation, choose its time zone",
        resource="settings",
        permission="settings:edit",
        serve=change_settings,
        request=ChangeSettings,
        response=SettingsAnswer,
        audit="settings.changed",
    ),
)

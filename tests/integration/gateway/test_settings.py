"""The installation's settings: what they take, who may change them, and what the audit log learns of it."""

import asyncio
import json
from pathlib import Path

from exekra.audit.v1 import audit_service_pb2
from tests.conftest import HubDatabase
from tests.integration.gateway.served import Script, Served, eventually, serving

PATH = "/api/settings"


def _changes(script: Script) -> list[audit_service_pb2.AuditEvent]:
    sent = [request for name, request in script.requests if name == "Append"]
    found = {event.id: event for request in sent for event in request.events if event.action == "settings.changed"}
    return list(found.values())


async def test_a_new_installation_has_neither_name_nor_zone_and_says_what_its_environment_fixed(served: Served) -> None:
    operator = await served.user("OPERATOR")
    reply = await operator.call("GET", PATH)
    settings = reply.body["settings"]
    assert (settings["installationName"], settings["timeZone"]) == (None, None)
    assert reply.headers["ETag"] == f'"{settings["etag"]}"'
    assert {fixed["variable"]: fixed["value"] for fixed in settings["fixed"]} == {
        "EXEKRA_PUBLIC_URL": None,
        "EXEKRA_SESSION_IDLE_SECONDS": 1800,
        "EXEKRA_SESSION_ABSOLUTE_SECONDS": 43200,
    }


async def test_a_change_keeps_what_it_leaves_out_and_is_recorded_once_with_before_and_after(served: Served) -> None:
    admin = await served.admin()
    named = await admin.call("PATCH", PATH, {"installationName": "  Production · Zürich "})
    assert (named.status, named.body["settings"]["installationName"]) == (200, "Production · Zürich")
    zoned = await admin.call("PATCH", PATH, {"timeZone": "Europe/Zurich"})
    again = await admin.call("PATCH", PATH, {"timeZone": "Europe/Zurich"})
    nothing = await admin.call("PATCH", PATH, {})
    assert zoned.body == again.body == nothing.body == (await admin.call("GET", PATH)).body
    assert zoned.body["settings"]["installationName"] == "Production · Zürich"
    back = await admin.call("PATCH", PATH, {"installationName": None})
    assert (back.body["settings"]["installationName"], back.body["settings"]["timeZone"]) == (None, "Europe/Zurich")

    await eventually(lambda: len(_changes(served.script)) == 3)
    details = [json.loads(event.details_json) for event in _changes(served.script)]
    assert details[1] == {
        "before": {"installationName": "Production · Zürich", "timeZone": None},
        "after": {"installationName": "Production · Zürich", "timeZone": "Europe/Zurich"},
    }
    assert details[2]["after"] == {"installationName": None, "timeZone": "Europe/Zurich"}


REFUSED = [
    ({"installationName": "   "}, "/installationName"),
    ({"installationName": "x" * 61}, "/installationName"),
    ({"installationName": "two\nlines"}, "/installationName"),
    ({"installationName": "turned\u202eround"}, "/installationName"),
    ({"installationName": "null\x00"}, "/installationName"),
    ({"installationName": 7}, "/installationName"),
    ({"timeZone": "Mars/Olympus"}, "/timeZone"),
    ({"timeZone": "europe/zurich"}, "/timeZone"),
    ({"timeZone": "../../etc/passwd"}, "/timeZone"),
    ({"timeZone": ""}, "/timeZone"),
    ({"version": "9"}, "/version"),
    ({"installationName": "Good", "colour": "red"}, "/colour"),
]


async def test_what_cannot_be_set_is_refused_by_its_name_and_changes_nothing(served: Served) -> None:
    admin = await served.admin()
    before = (await admin.call("GET", PATH)).body
    for body, pointer in REFUSED:
        reply = await admin.call("PATCH", PATH, body)
        assert (reply.status, [error["pointer"] for error in reply.body["errors"]]) == (422, [pointer]), body
    assert (await admin.call("GET", PATH)).body == before


async def test_only_administrators_change_them_and_keys_need_the_permission(served: Served) -> None:
    developer = await served.user("DEVELOPER")
    refused = await developer.call("PATCH", PATH, {"installationName": "Mine"})
    assert (refused.status, refused.body["reason"]) == (403, "PERMISSION_MISSING")
    admin, program = await served.admin(), await served.browser()
    for scope, status in (("workflow:view", 403), ("settings:edit", 200)):
        key = (await admin.call("POST", "/api/api-keys", {"name": scope, "scopes": [scope]})).body["key"]
        bearer = {"Authorization": f"Bearer {key}"}
        assert (await program.call("PATCH", PATH, {"installationName": scope}, bearer)).status == status
        assert (await program.call("GET", PATH, headers=bearer)).status == 200
    assert (await (await served.browser()).call("GET", PATH)).status == 401


async def test_who_saves_over_anothers_change_is_told(served: Served) -> None:
    admin = await served.admin()
    etag = (await admin.call("GET", PATH)).headers["ETag"]
    replies = await asyncio.gather(
        *(admin.call("PATCH", PATH, {"installationName": name}, {"If-Match": etag}) for name in ("One", "Two", "Three"))
    )
    assert sorted(reply.status for reply in replies) == [200, 412, 412]
    assert {reply.body["reason"] for reply in replies if reply.status == 412} == {"SETTINGS_CHANGED"}
    assert (await admin.call("PATCH", PATH, {"installationName": "Four"}, {"If-Match": "*"})).status == 200


async def test_a_change_holds_at_once_in_every_gateway(served: Served, database: HubDatabase, folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    async with serving(database.dsns["gateway"], other) as second:
        await (await served.admin()).call("PATCH", PATH, {"installationName": "Test", "timeZone": "UTC"})
        settings = (await (await second.admin()).call("GET", PATH)).body["settings"]
    assert (settings["installationName"], settings["timeZone"]) == ("Test", "UTC")

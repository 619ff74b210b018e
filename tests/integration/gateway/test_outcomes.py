"""Breakers, failure groups and the dashboard over REST."""

import json

from exekra.scheduler.v1 import calendar_pb2, calendar_service_pb2, execution_pb2, outcome_pb2, trigger_pb2
from exekra.scheduler.v1 import outcome_service_pb2 as pb
from services.kit.ids import new_id
from tests.integration.gateway.served import Script, Served


async def test_the_dashboard_says_nothing_of_success_where_nothing_ended_and_zero_where_all_failed(
    served: Served, script: Script
) -> None:
    answer = pb.GetDashboardResponse(
        executions=[outcome_pb2.StatusCount(status=execution_pb2.EXECUTION_STATUS_LOST, count=10_000, more=True)],
        runners=[outcome_pb2.RunnerCount(state="BUSY", count=1)],
        recent_failures=[outcome_pb2.RecentFailure(id="x", code="BOOM")],
    )
    answer.as_of.GetCurrentTime()
    script.answers["GetDashboard"] = lambda _: answer
    admin = await served.admin()
    board = (await admin.call("GET", "/api/dashboard")).body
    assert board["executions"] == [{"status": "LOST", "count": 10_000, "more": True}]
    assert board["runners"] == [{"state": "BUSY", "count": 1}]
    assert (board["successRate"], board["recentFailures"][0]["code"]) == (None, "BOOM")
    answer.success_rate = 0.0
    assert (await admin.call("GET", "/api/dashboard?hours=2")).body["successRate"] == 0.0
    assert script.last("GetDashboard").hours == 2
    assert (await admin.call("GET", "/api/dashboard?hours=0")).status == 422


async def test_a_breaker_is_shown_changed_and_closed(served: Served, script: Script) -> None:
    breaker = outcome_pb2.TriggerBreaker(state=trigger_pb2.BREAKER_STATE_OPEN, enabled=True, threshold=3, failures=3)
    script.answers["GetBreaker"] = lambda _: pb.GetBreakerResponse(breaker=breaker)
    script.answers["UpdateBreaker"] = lambda _: pb.UpdateBreakerResponse(breaker=breaker)
    script.answers["ResumeTrigger"] = lambda _: pb.ResumeTriggerResponse(breaker=breaker)
    developer, path = await served.user("DEVELOPER"), f"/api/triggers/{new_id()}"
    shown = (await developer.call("GET", f"{path}/breaker")).body["breaker"]
    assert (shown["state"], shown["threshold"], shown["release"], shown["probeAt"]) == ("open", 3, None, None)
    changed = await developer.call("PATCH", f"{path}/breaker", {"enabled": False, "release": "all"})
    assert changed.status == 200
    request = script.last("UpdateBreaker")
    assert (request.HasField("enabled"), request.enabled, request.HasField("threshold")) == (True, False, False)
    assert request.release == outcome_pb2.RELEASE_POLICY_ALL
    assert (await developer.call("PATCH", f"{path}/breaker", {"threshold": 0})).status == 422
    assert (await developer.call("POST", f"{path}/resume")).status == 200
    operator = await served.user("OPERATOR")
    assert (await operator.call("GET", f"{path}/breaker")).status == 200
    assert (await operator.call("POST", f"{path}/resume")).status == 403


async def test_entries_of_a_calendar_cross_as_they_are_and_if_match_goes_along(served: Served, script: Script) -> None:
    entries = [{"type": "yearly", "month": 12, "day": 25, "note": "Weihnachten 🎄"}]
    answer = calendar_pb2.Calendar(id="c", kind=calendar_pb2.CALENDAR_KIND_BLOCKED, etag="c.1")
    answer.entries_json = json.dumps(entries).encode()
    script.answers["CreateCalendar"] = lambda _: calendar_service_pb2.CreateCalendarResponse(calendar=answer)
    script.answers["UpdateCalendar"] = lambda _: calendar_service_pb2.UpdateCalendarResponse(calendar=answer)
    admin = await served.admin()
    made = await admin.call("POST", "/api/calendars", {"name": "Feiertage", "kind": "blocked", "entries": entries})
    assert (made.status, made.body["calendar"]["entries"]) == (201, entries)
    assert json.loads(script.last("CreateCalendar").entries_json) == entries
    path = f"/api/calendars/{new_id()}"
    changed = await admin.call("PATCH", path, {"entries": []}, {"If-Match": '"c.1"'})
    assert (changed.status, changed.headers["ETag"]) == (200, '"c.1"')
    request = script.last("UpdateCalendar")
    assert (request.if_match, request.entries_json, request.HasField("name")) == ("c.1", b"[]", False)
    await admin.call("PATCH", path, {"name": "Ferien"})
    assert script.last("UpdateCalendar").entries_json == b""
    assert (await admin.call("GET", f"{path}/days?from=tomorrow")).status == 422

"""A trigger is flat in JSON and has one part for each kind in its message; what does not fit together is refused."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from exekra.scheduler.v1 import trigger_pb2, trigger_service_pb2
from services.gateway.routes.trigger_shapes import ChangeTrigger, CreateTrigger, TriggerAnswer
from services.gateway.transcoding.requests import RequestBinder
from services.gateway.transcoding.responses import ResponseWriter

SCHEDULE: dict[str, Any] = {
    "kind": "schedule",
    "workflowId": "019a0000-0000-7000-8000-000000000001",
    "name": "Nightly",
    "cron": "0 8 * * *",
    "timezone": "Europe/Berlin",
    "misfire": {"policy": "all", "max": 3},
    "overlap": "stopPrevious",
    "calendars": [],
}
WEBHOOK: dict[str, Any] = {**{name: SCHEDULE[name] for name in ("workflowId", "name")}, "kind": "webhook"}


def bound(body: dict[str, Any]) -> trigger_service_pb2.CreateTriggerRequest:
    message = trigger_service_pb2.CreateTriggerRequest()
    RequestBinder(CreateTrigger, message.DESCRIPTOR).fill(CreateTrigger.model_validate(body), message)
    return message


def written(trigger: trigger_pb2.Trigger) -> dict[str, Any]:
    message = trigger_service_pb2.GetTriggerResponse(trigger=trigger)
    document: dict[str, Any] = json.loads(ResponseWriter(TriggerAnswer, message.DESCRIPTOR).write(message))
    found: dict[str, Any] = document["trigger"]
    return found


def test_members_reach_the_part_of_their_kind() -> None:
    message = bound(SCHEDULE)
    assert message.WhichOneof("spec") == "schedule"
    assert (message.schedule.cron, message.schedule.timezone) == ("0 8 * * *", "Europe/Berlin")
    assert message.schedule.overlap == trigger_pb2.OVERLAP_POLICY_STOP_PREVIOUS
    assert (message.schedule.misfire.policy, message.schedule.misfire.max) == (trigger_pb2.MISFIRE_POLICY_ALL, 3)
    assert not message.schedule.misfire.HasField("grace_seconds")
    assert message.schedule.set_calendars


def test_what_is_left_out_sets_no_part_at_all() -> None:
    assert bound(WEBHOOK).WhichOneof("spec") is None
    assert bound({**WEBHOOK, "filter": ""}).webhook.HasField("filter")


def test_a_trigger_is_written_flat_and_the_other_kind_is_null() -> None:
    message = trigger_pb2.Trigger(id="t", kind=trigger_pb2.TRIGGER_KIND_SCHEDULE)
    message.schedule.interval_seconds = 5
    message.schedule.jitter_seconds = 0
    message.schedule.overlap = trigger_pb2.OVERLAP_POLICY_STOP_PREVIOUS
    document = written(message)
    assert (document["intervalSeconds"], document["cron"], document["jitterSeconds"]) == (5, None, 0)
    assert document["overlap"] == "stopPrevious"
    assert (document["url"], document["auth"], document["misfire"]) == (None, None, None)


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({**SCHEDULE, "intervalSeconds": 5}, "give one of"),
        ({**SCHEDULE, "auth": {"type": "none"}}, "schedule or a webhook"),
        ({**WEBHOOK, "cron": "* * * * *"}, "a webhook has no cron"),
        ({**SCHEDULE, "misfire": {"policy": "never"}}, "misfire"),
        ({**SCHEDULE, "grace": 5}, "Extra inputs"),
        ({**SCHEDULE, "priority": "5"}, "valid integer"),
    ],
)
def test_what_does_not_fit_together_is_refused(body: dict[str, Any], hint: str) -> None:
    with pytest.raises(ValidationError, match=hint):
        CreateTrigger.model_validate(body)


def test_null_empties_what_can_be_empty_and_nothing_else() -> None:
    assert ChangeTrigger.model_validate({"startsAt": None, "filter": None}).model_fields_set == {"starts_at", "filter"}
    with pytest.raises(ValidationError, match="timezone cannot be null"):
        ChangeTrigger.model_validate({"timezone": None})

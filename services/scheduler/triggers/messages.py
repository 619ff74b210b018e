"""Triggers, schedules and fires as protobuf messages, and back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from exekra.scheduler.v1 import execution_pb2
from exekra.scheduler.v1 import trigger_pb2 as pb
from services.kit.errors import FieldError, invalid
from services.scheduler.executions.messages import instant, timestamp
from services.scheduler.outcomes.forecast import Forecast
from services.scheduler.triggers.ledger import EXPLANATIONS, Outcome, Reason
from services.scheduler.triggers.model import Trigger
from services.scheduler.triggers.preview import Preview
from services.scheduler.triggers.repository.ledger import FireRow
from services.scheduler.triggers.schedules import Misfire, Overlap, Schedule, ScheduleChange

_CHANGES = {None: pb.CLOCK_CHANGE_UNSPECIFIED, "gap": pb.CLOCK_CHANGE_GAP, "overlap": pb.CLOCK_CHANGE_OVERLAP}


def trigger_message(trigger: Trigger) -> pb.Trigger:
    """Without the details of its kind."""
    return pb.Trigger(
        id=trigger.id,
        kind=pb.TriggerKind.Value(f"TRIGGER_KIND_{trigger.kind}"),
        workflow_id=trigger.workflow_id,
        workflow_name=trigger.workflow_name,
        name=trigger.name,
        enabled=trigger.enabled,
        inputs_json=trigger.inputs,
        priority=trigger.priority,
        labels=trigger.labels,
        dedupe_key=trigger.dedupe_key,
        timeout_seconds=trigger.timeout_seconds,
        queue_timeout_seconds=trigger.queue_timeout_seconds,
        breaker=pb.BreakerState.Value(f"BREAKER_STATE_{trigger.breaker}"),
        created_at=timestamp(trigger.created_at),
        updated_at=timestamp(trigger.updated_at),
        created_by=execution_pb2.Actor(kind=trigger.creator.kind, id=trigger.creator.id, name=trigger.creator.name),
        etag=trigger.etag,
    )


def schedule_message(schedule: Schedule, description: str, next_at: datetime | None) -> pb.ScheduleSpec:
    """A stored schedule, in words as well."""
    message = pb.ScheduleSpec(
        timezone=schedule.timezone,
        starts_at=timestamp(schedule.starts_at),
        ends_at=timestamp(schedule.ends_at),
        jitter_seconds=schedule.jitter_seconds,
        misfire=pb.Misfire(
            policy=pb.MisfirePolicy.Value(f"MISFIRE_POLICY_{schedule.misfire}"),
            grace_seconds=schedule.grace_seconds,
            max=schedule.misfire_max,
        ),
        overlap=pb.OverlapPolicy.Value(f"OVERLAP_POLICY_{schedule.overlap}"),
        calendars=schedule.calendars,
        next_fire_at=timestamp(next_at),
        description=description,
    )
    if schedule.cron is not None:
        message.cron = schedule.cron
    elif schedule.interval_seconds is not None:
        message.interval_seconds = schedule.interval_seconds
    elif schedule.at is not None:
        message.at.FromDatetime(schedule.at)
    return message


def schedule_change(spec: pb.ScheduleSpec, clear: Sequence[str] = ()) -> ScheduleChange:
    """What a spec wants; unset fields are None."""
    timing = spec.WhichOneof("timing")
    misfire = spec.misfire
    return ScheduleChange(
        cron=spec.cron if timing == "cron" else None,
        interval_seconds=spec.interval_seconds if timing == "interval_seconds" else None,
        at=time_of(spec, "at", "/at") if timing == "at" else None,
        timezone=spec.timezone if spec.HasField("timezone") else None,
        starts_at=time_of(spec, "starts_at", "/startsAt"),
        ends_at=time_of(spec, "ends_at", "/endsAt"),
        jitter_seconds=spec.jitter_seconds if spec.HasField("jitter_seconds") else None,
        misfire=_word(Misfire, pb.MisfirePolicy.Name(misfire.policy)),
        misfire_max=misfire.max if misfire.HasField("max") else None,
        grace_seconds=misfire.grace_seconds if misfire.HasField("grace_seconds") else None,
        overlap=_word(Overlap, pb.OverlapPolicy.Name(spec.overlap)),
        calendars=tuple(spec.calendars) if spec.set_calendars or spec.calendars else None,
        clear=tuple(clear),
    )


def shown_schedule(schedule: Schedule) -> dict[str, object]:
    """Members as the API names them, for audit events."""
    return {
        "cron": schedule.cron,
        "intervalSeconds": schedule.interval_seconds,
        "at": _text(schedule.at),
        "timezone": schedule.timezone,
        "startsAt": _text(schedule.starts_at),
        "endsAt": _text(schedule.ends_at),
        "jitterSeconds": schedule.jitter_seconds,
        "misfire": {
            "policy": schedule.misfire.lower(),
            "graceSeconds": schedule.grace_seconds,
            "max": schedule.misfire_max,
        },
        "overlap": schedule.overlap.lower(),
        "calendars": list(schedule.calendars),
    }


def fire_message(row: FireRow) -> pb.Fire:
    """One row of the ledger."""
    return pb.Fire(
        fire_at=timestamp(row.fire_at),
        due_at=timestamp(row.due_at),
        outcome=pb.FireOutcome.Value(f"FIRE_OUTCOME_{row.outcome}"),
        reason=row.reason,
        message=row.blocked_by if row.reason == Reason.CALENDAR else EXPLANATIONS[Reason(row.reason)],
        execution_id=row.execution_id or "",
        merged_into=timestamp(row.merged_into),
        planned_at=timestamp(row.planned_at),
        decided_at=timestamp(row.decided_at),
        late_seconds=max((row.decided_at - row.due_at).total_seconds(), 0.0),
        by_person=row.origin == "PERSON",
        instants=row.instants,
        span_until=timestamp(row.span_until),
    )


def outcomes_of(numbers: Sequence[int]) -> list[Outcome]:
    """Words of the ledger; unspecified ones are left out."""
    return [Outcome(pb.FireOutcome.Name(number).removeprefix("FIRE_OUTCOME_")) for number in numbers if number]  # type: ignore[arg-type]  # any number of the enum


def previewed(
    preview: Preview, forecast: Forecast | None = None
) -> tuple[list[pb.PreviewedFire], list[pb.DroppedFire]]:
    """Fires with what they would meet, and those that calendars forbid."""
    fires = [
        pb.PreviewedFire(at=timestamp(each.at), local=each.local, dst=_CHANGES[each.change]) for each in preview.fires
    ]
    for fire, met in zip(fires, forecast.fires if forecast else (), strict=False):
        fire.contention, fire.busy_seats, fire.other_starts = met.contention, met.busy_seats, met.other_starts
        if met.expected_wait_seconds is not None:
            fire.expected_wait_seconds = met.expected_wait_seconds
    dropped = [
        pb.DroppedFire(at=timestamp(each.at), local=each.local, because=each.because) for each in preview.dropped
    ]
    return fires, dropped


def forecast_message(forecast: Forecast | None) -> pb.ScheduleForecast | None:
    """None stays None: the field is then unset."""
    if forecast is None:
        return None
    return pb.ScheduleForecast(
        runners=forecast.runners,
        seats=forecast.seats,
        runs=forecast.runs,
        p50_seconds=forecast.p50_seconds,
        p95_seconds=forecast.p95_seconds,
        basis=forecast.basis,
    )


def time_of(message: Any, name: str, pointer: str) -> datetime | None:
    """A timestamp field, None when unset. Raises INVALID for a time outside the calendar."""
    if not message.HasField(name):
        return None
    at = instant(getattr(message, name))
    if at is None:
        raise invalid("A time is out of range.", FieldError(pointer, "Give a time of the years 1970 to 9999."))
    return at


def _word(enum: Any, name: str) -> Any:
    """`OVERLAP_POLICY_STOP_PREVIOUS` → Overlap.STOP_PREVIOUS; None for the unspecified."""
    return next((member for member in enum if name.endswith(f"_POLICY_{member}")), None)


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")

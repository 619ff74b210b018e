"""Breakers, failure groups and the dashboard as protobuf messages."""

from exekra.scheduler.v1 import outcome_pb2 as pb
from exekra.scheduler.v1 import outcome_service_pb2 as service_pb
from exekra.scheduler.v1 import trigger_pb2
from services.scheduler.executions.messages import status_number, timestamp
from services.scheduler.outcomes.dashboard import Bucket, Dashboard
from services.scheduler.outcomes.failures import FailureGroup
from services.scheduler.outcomes.model import ReleasePolicy, State

MESSAGE_CHARACTERS = 2_000
_POLICIES = {
    pb.RELEASE_POLICY_COALESCE: ReleasePolicy.COALESCE,
    pb.RELEASE_POLICY_ALL: ReleasePolicy.ALL,
}


def policy_of(number: int) -> ReleasePolicy | None:
    """None for the unspecified and for numbers of a newer version."""
    return _POLICIES.get(number)  # type: ignore[call-overload,no-any-return]  # any number may come


def breaker_message(state: State) -> pb.TriggerBreaker:
    """Settings and state."""
    settings = state.settings
    return pb.TriggerBreaker(
        state=trigger_pb2.BreakerState.Value(f"BREAKER_STATE_{state.breaker}"),
        enabled=settings.enabled,
        threshold=settings.threshold,
        probe_seconds=settings.probe_seconds,
        probe_max_seconds=settings.probe_max_seconds,
        release=pb.ReleasePolicy.Value(f"RELEASE_POLICY_{settings.release or 'UNSPECIFIED'}"),
        release_max=settings.release_max,
        failures=state.streak,
        fingerprint=state.fingerprint,
        last_execution_id=state.last_execution_id or "",
        opened_at=timestamp(state.opened_at),
        probe_at=timestamp(state.probe_at),
        probe_execution_id=state.probe_execution_id or "",
    )


def group_message(group: FailureGroup) -> pb.FailureGroup:
    """One group."""
    return pb.FailureGroup(
        fingerprint=group.fingerprint,
        code=group.failure.code,
        node_id=group.failure.node_id,
        message=group.failure.message[:MESSAGE_CHARACTERS],
        count=group.count,
        first_at=timestamp(group.first_at),
        last_at=timestamp(group.last_at),
        latest_execution_id=group.latest_execution_id,
        workflows=[
            pb.FailingWorkflow(workflow_id=each.id, name=each.name, count=each.count) for each in group.workflows
        ],
    )


def dashboard_message(dashboard: Dashboard) -> service_pb.GetDashboardResponse:
    """All figures."""
    total = dashboard.total
    return service_pb.GetDashboardResponse(
        as_of=timestamp(dashboard.as_of),
        executions=[
            pb.StatusCount(status=status_number(each.status), count=each.count, more=each.more)
            for each in dashboard.executions
        ],
        runners=[pb.RunnerCount(state=state, count=count) for state, count in dashboard.runners.items()],
        queue_age_seconds=dashboard.queue_age_seconds,
        buckets=[_bucket(each) for each in dashboard.buckets],
        bucket_seconds=dashboard.bucket_seconds,
        completed=total.completed,
        failed=total.failed,
        stopped=total.stopped,
        lost=total.lost,
        success_rate=dashboard.success_rate,
        next_fires=[
            pb.NextFire(
                at=timestamp(each.at),
                trigger_id=each.trigger_id,
                trigger_name=each.trigger_name,
                workflow_id=each.workflow_id,
                workflow_name=each.workflow_name,
            )
            for each in dashboard.next_fires
        ],
        failures=[group_message(group) for group in dashboard.failures],
        recent_failures=[
            pb.RecentFailure(
                id=each.id,
                workflow_id=each.workflow_id,
                workflow_name=each.workflow_name,
                code=each.failure.code,
                message=each.failure.message[:MESSAGE_CHARACTERS],
                at=timestamp(each.at),
            )
            for each in dashboard.recent_failures
        ],
        paused_triggers=dashboard.paused_triggers,
    )


def _bucket(bucket: Bucket) -> pb.OutcomeBucket:
    return pb.OutcomeBucket(
        begins_at=timestamp(bucket.begins_at),
        completed=bucket.completed,
        failed=bucket.failed,
        stopped=bucket.stopped,
        lost=bucket.lost,
    )

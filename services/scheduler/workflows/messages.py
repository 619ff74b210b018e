"""Workflows as protobuf messages."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from exekra.scheduler.v1 import execution_pb2, workflow_pb2
from runner.workflow.problems import Problem
from services.scheduler.workflows.model import Creator, Version, Workflow

_SEVERITIES = {
    "error": workflow_pb2.PROBLEM_SEVERITY_ERROR,
    "warning": workflow_pb2.PROBLEM_SEVERITY_WARNING,
}


def to_workflow(workflow: Workflow) -> workflow_pb2.Workflow:
    """The workflow without its graph."""
    return workflow_pb2.Workflow(
        id=workflow.id,
        name=workflow.name,
        description=workflow.description,
        draft_version=workflow.latest_version,
        published_version=workflow.published_version,
        created_at=_stamp(workflow.created_at),
        updated_at=_stamp(workflow.updated_at),
        created_by=_actor(workflow.creator),
        tags=workflow.tags,
        etag=workflow.etag,
        draft_saves=workflow.latest_saves,
    )


def to_version(version: Version) -> workflow_pb2.WorkflowVersion:
    """The version, with its graph where it was read."""
    return workflow_pb2.WorkflowVersion(
        version=version.version,
        note=version.note,
        created_at=_stamp(version.created_at),
        created_by=_actor(version.creator),
        published_at=_stamp(version.published_at) if version.published_at else None,
        published=version.published,
        sha256=version.sha256,
        graph_json=version.graph,
        saves=version.saves,
        saved_at=_stamp(version.saved_at),
        open=version.open,
    )


def to_problem(problem: Problem) -> workflow_pb2.GraphProblem:
    """One finding of validation."""
    return workflow_pb2.GraphProblem(
        node_id=problem.node_id or "",
        pointer=problem.pointer,
        message=problem.message,
        severity=_SEVERITIES[problem.severity],
    )


def _actor(creator: Creator) -> execution_pb2.Actor:
    return execution_pb2.Actor(kind=creator.kind, id=creator.id, name=creator.name)


def _stamp(at: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp

"""Shapes of actions on many executions."""

from typing import Annotated, Literal

from pydantic import Field

from services.gateway.routes.execution_shapes import Status
from services.gateway.routes.shapes import Cursor, Limit
from services.gateway.transcoding.fields import ApiModel, BodyModel, Id, Instant, Proto, ShortText, Text
from services.kit.paging import DEFAULT_LIMIT, MAXIMUM_LIMIT


class ExecutionFilter(BodyModel):
    """As of the list of executions; without a member it means all of them."""

    workflow_id: Id | None = None
    runner_id: Id | None = None
    status: Annotated[list[Status], Field(max_length=20), Proto("statuses")] = Field(default_factory=list)
    trigger_id: Id | None = None
    from_: Annotated[Instant | None, Field(alias="from"), Proto("from")] = None
    to: Instant | None = None
    q: Annotated[ShortText, Proto("query")] = ""


class BulkRequest(BodyModel):
    """`ids`, or a `filter`, which finds only executions that the action is for.

    A filter is worked off in parts of `limit`, the newest first: send the same again with `nextCursor` as `cursor`
    until there is none. `dryRun` changes nothing. `stop` takes `force` and `reason`, `resolve` takes `status` and
    `note`; `retry` begins each from its start.
    """

    action: Literal["stop", "retry", "resolve"]
    ids: Annotated[list[Id], Field(max_length=MAXIMUM_LIMIT)] = Field(default_factory=list)
    filter: ExecutionFilter | None = None
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = ""
    dry_run: bool = False
    force: bool = False
    reason: Text = ""
    status: Literal["COMPLETED", "FAILED", "STOPPED"] | None = None
    note: Text = ""


class BulkItem(ApiModel):
    """`refused` says why; `possible` is the `done` of a dry run. `retriedAs` is the new execution of a retry."""

    execution_id: str
    outcome: Literal["done", "possible", "refused"]
    status: Status | None
    retried_as: str | None
    reason: str | None
    detail: str | None


class BulkAnswer(ApiModel):
    """`matched` counts all that are meant, not this part alone; beyond 10,000 it is not whole."""

    items: list[BulkItem]
    matched: int
    is_whole: bool
    done: int
    refused: int
    next_cursor: str | None

"""Executions: starting, watching and ending work."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.client.calls import Calls
from services.client.models.executions import (
    Artifact,
    BulkAnswer,
    Execution,
    ExecutionEvent,
    LogLine,
    NodeRun,
    PendingReason,
    Started,
)
from services.client.models.outcomes import FailureGroups
from services.client.resources.waiting import Waiting

FOLLOW_SECONDS = 1.0


class Executions:
    """`hub.executions`."""

    def __init__(self, calls: Calls, waiting: Waiting) -> None:
        self._calls = calls
        self._waiting = waiting

    async def start(
        self,
        workflow_id: str,
        inputs: dict[str, Any] | None = None,
        *,
        mode: str = "scheduled",
        runner_id: str | None = None,
        draft: bool = False,
        priority: int | None = None,
        dedupe_key: str | None = None,
        not_before: datetime | None = None,
        timeout_seconds: float | None = None,
        key: str = "",
    ) -> Started:
        """A new execution, once however often the request must be sent; see `Calls.create` for `key`.

        At most one live execution of a workflow has the same `dedupe_key`; a second start answers that one.
        """
        options = {
            "runnerId": runner_id,
            "priority": priority,
            "dedupeKey": dedupe_key,
            "notBefore": not_before.isoformat() if not_before else None,
            "timeoutSeconds": timeout_seconds,
        }
        body: dict[str, Any] = {"workflowId": workflow_id, "inputs": inputs or {}, "mode": mode, "draft": draft}
        body |= {member: value for member, value in options.items() if value is not None}
        return Started.model_validate(await self._calls.create("/executions", body, key=key))

    async def each(
        self,
        *,
        workflow_id: str | None = None,
        runner_id: str | None = None,
        trigger_id: str | None = None,
        status: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        most: int | None = None,
    ) -> AsyncIterator[Execution]:
        """Newest first."""
        filters: dict[str, Any] = {
            "workflowId": workflow_id,
            "runnerId": runner_id,
            "triggerId": trigger_id,
            "status": list(status),
            "from": since.isoformat() if since else None,
            "to": until.isoformat() if until else None,
        }
        async for item in self._calls.each("/executions", most, **filters):
            yield Execution.model_validate(item)

    async def get(self, execution_id: str) -> Execution:
        """Raises NotFound."""
        return Execution.model_validate((await self._calls.get(f"/executions/{execution_id}"))["execution"])

    async def wait_for(self, execution_id: str, *, seconds: float | None = None) -> Execution:
        """The execution once it has ended, however. Goes on over a restart of the Hub.

        Raises NotEndedError when `seconds` are over (the execution goes on), NotFound.
        """
        return await self._waiting.until_ended(execution_id, seconds)

    async def stop(self, execution_id: str, *, force: bool = False, reason: str = "") -> Execution:
        """Asks for its end; `force` kills at once instead of 15 seconds of grace. Raises Conflict when it is over."""
        body = {"force": force, "reason": reason}
        answer = await self._calls.post(f"/executions/{execution_id}/stop", body)
        return Execution.model_validate(answer["execution"])

    async def retry(
        self,
        execution_id: str,
        *,
        from_node: str = "",
        variables: Mapping[str, Any] | None = None,
        version: int = 0,
        key: str = "",
    ) -> Execution:
        """A new execution with the same inputs: from its start, or from a node with what was recorded before it.

        `variables` replace recorded values; `version` 0 leaves the choice to the Hub.
        """
        body: dict[str, Any] = {}
        if from_node:
            body["fromNodeId"] = from_node
        if variables:
            body["vars"] = dict(variables)
        if version:
            body["version"] = version
        answer = await self._calls.create(f"/executions/{execution_id}/retry", body, key=key)
        return Execution.model_validate(answer["execution"])

    async def resolve(self, execution_id: str, status: str, *, note: str = "") -> Execution:
        """A person's word on what a LOST execution came to: COMPLETED, FAILED or STOPPED."""
        body = {"status": status, "note": note}
        answer = await self._calls.post(f"/executions/{execution_id}/resolve", body)
        return Execution.model_validate(answer["execution"])

    async def act(
        self,
        action: str,
        ids: Sequence[str] = (),
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002 - as the API calls it
        limit: int = 200,
        dry_run: bool = False,
        key: str = "",
        **options: Any,
    ) -> AsyncIterator[BulkAnswer]:
        """Stops, retries or resolves many, part after part: at most 200 `ids`, or all that pass a `filter`.

        Filters and options are named as the API names them: `{"status": ["FAILED"]}`; `force` and `reason` of a stop,
        `status` and `note` of a resolution. A dry run looks at the first part. With a `key` of yours the same call
        goes on where an earlier one broke off.
        """
        body: dict[str, Any] = {"action": action, "limit": limit, "dryRun": dry_run, **options}
        body |= {"filter": dict(filter)} if filter is not None else {"ids": list(ids)}
        part = 0
        while True:
            own = f"{key}.{part}" if key else ""
            answer = BulkAnswer.model_validate(await self._calls.create("/executions/bulk", body, key=own))
            yield answer
            if dry_run or not answer.next_cursor:
                return
            body["cursor"], part = answer.next_cursor, part + 1

    async def nodes(self, execution_id: str, most: int | None = None) -> AsyncIterator[NodeRun]:
        """Its node runs in the order they began."""
        async for item in self._calls.each(f"/executions/{execution_id}/nodes", most):
            yield NodeRun.model_validate(item)

    async def logs(
        self, execution_id: str, *, follow: bool = False, level: str | None = None, search: str = ""
    ) -> AsyncIterator[LogLine]:
        """Its lines of a level and above that contain `search`; `follow` goes on until it has ended."""
        after, ended = 0, not follow
        while True:
            if not ended:
                # Asked before the lines: what is written until the end is then surely read.
                ended = (await self.get(execution_id)).ended
            path = f"/executions/{execution_id}/logs"
            async for item in self._calls.each(path, after=after or None, level=level, q=search):
                after = max(after, item["seq"])
                yield LogLine.model_validate(item)
            if ended:
                return
            await asyncio.sleep(FOLLOW_SECONDS)

    async def history(self, execution_id: str) -> AsyncIterator[ExecutionEvent]:
        """Every step it took, in order."""
        async for item in self._calls.each(f"/executions/{execution_id}/events"):
            yield ExecutionEvent.model_validate(item)

    async def pending_reasons(self, execution_id: str) -> list[PendingReason]:
        """For every runner why it does not take the execution; empty once it is not QUEUED."""
        items = await self._calls.items(f"/executions/{execution_id}/pending-reasons")
        return [PendingReason.model_validate(item) for item in items]

    async def artifacts(self, execution_id: str) -> list[Artifact]:
        """The files it left behind."""
        return [
            Artifact.model_validate(item) for item in await self._calls.items(f"/executions/{execution_id}/artifacts")
        ]

    async def download(self, artifact_id: str) -> AsyncIterator[bytes]:
        """The bytes of an artifact, in pieces."""
        async for chunk in self._calls.download(f"/artifacts/{artifact_id}"):
            yield chunk

    async def failures(
        self, *, since: datetime | None = None, until: datetime | None = None, workflow_id: str | None = None
    ) -> FailureGroups:
        """What failed, grouped by what went wrong; of the last 24 hours when nothing is said, at most of 92 days."""
        span = {"from": since and since.isoformat(), "to": until and until.isoformat()}
        return FailureGroups.model_validate(await self._calls.get("/failures", workflowId=workflow_id, **span))

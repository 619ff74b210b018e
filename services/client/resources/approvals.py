"""Approvals: what executions ask people, and their word."""

from collections.abc import AsyncIterator

from services.client.calls import Calls
from services.client.models.approvals import Approval


class Approvals:
    """`hub.approvals`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def each(
        self, *, status: str | None = None, execution_id: str | None = None, most: int | None = None
    ) -> AsyncIterator[Approval]:
        """Newest first; `status` is pending, approved, rejected or cancelled."""
        async for item in self._calls.each("/approvals", most, status=status, executionId=execution_id):
            yield Approval.model_validate(item)

    async def get(self, approval_id: str) -> Approval:
        """Raises NotFound."""
        return Approval.model_validate((await self._calls.get(f"/approvals/{approval_id}"))["approval"])

    async def approve(self, approval_id: str, comment: str = "") -> Approval:
        """The first word counts. Raises Conflict when somebody else has spoken, Forbidden when it is not yours."""
        return await self._decide(approval_id, "approved", comment)

    async def reject(self, approval_id: str, comment: str = "") -> Approval:
        """As `approve`."""
        return await self._decide(approval_id, "rejected", comment)

    async def _decide(self, approval_id: str, decision: str, comment: str) -> Approval:
        body = {"decision": decision, "comment": comment}
        return Approval.model_validate((await self._calls.post(f"/approvals/{approval_id}", body))["approval"])

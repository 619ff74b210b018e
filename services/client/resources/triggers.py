"""Triggers: schedules and webhooks, their ledger, and what came in."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from services.client.calls import Calls
from services.client.models.executions import Started
from services.client.models.outcomes import Breaker
from services.client.models.triggers import Delivery, Fire, Rejection, Replayed, Trigger, TriggerSecret
from services.client.resources.lookup import find_by_name, is_id


class Triggers:
    """`hub.triggers`. Members of a schedule or a webhook are named as the API names them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def each(
        self, *, workflow_id: str | None = None, kind: str = "", search: str = "", most: int | None = None
    ) -> AsyncIterator[Trigger]:
        """Newest first; `kind` is schedule or webhook."""
        async for item in self._calls.each("/triggers", most, workflowId=workflow_id, kind=kind, q=search):
            yield Trigger.model_validate(item)

    async def get(self, trigger_id: str) -> Trigger:
        """Raises NotFound."""
        return Trigger.model_validate((await self._calls.get(f"/triggers/{trigger_id}"))["trigger"])

    async def find(self, name: str) -> Trigger:
        """By name, whatever its case, or by id. Raises NoneNamedError, NotFound."""
        if is_id(name):
            return await self.get(name.lower())
        return Trigger.model_validate(await find_by_name(self._calls, "trigger", "/triggers", name))

    async def create(
        self, workflow_id: str, name: str, *, kind: str = "schedule", key: str = "", **members: Any
    ) -> TriggerSecret:
        """`cron="0 8 * * MON-FRI", timezone="Europe/Zurich"`, or `kind="webhook", auth={"type": "github"}`."""
        body = {"workflowId": workflow_id, "kind": kind, "name": name, **members}
        return TriggerSecret.model_validate(await self._calls.create("/triggers", body, key=key))

    async def change(self, trigger_id: str, *, etag: str = "", **members: Any) -> Trigger:
        """What is left out stays. With the `etag` that was read before, raises Changed after somebody else's change."""
        answer = await self._calls.patch(f"/triggers/{trigger_id}", members, if_match=etag)
        return Trigger.model_validate(answer["trigger"])

    async def delete(self, trigger_id: str) -> None:
        """Its ledger and executions stay."""
        await self._calls.delete(f"/triggers/{trigger_id}")

    async def enable(self, trigger_id: str) -> Trigger:
        """What fell due while it was disabled is not made up for."""
        return Trigger.model_validate((await self._calls.post(f"/triggers/{trigger_id}/enable"))["trigger"])

    async def disable(self, trigger_id: str) -> Trigger:
        """It fires no more."""
        return Trigger.model_validate((await self._calls.post(f"/triggers/{trigger_id}/disable"))["trigger"])

    async def fire(self, trigger_id: str, inputs: dict[str, Any] | None = None, *, key: str = "") -> Started:
        """An execution now; inputs are laid over the trigger's own."""
        body = {"inputs": inputs} if inputs else {}
        return Started.model_validate(await self._calls.create(f"/triggers/{trigger_id}/fire", body, key=key))

    async def rotate(self, trigger_id: str, *, key: str = "") -> TriggerSecret:
        """A new secret; the old one is believed for a while."""
        return TriggerSecret.model_validate(await self._calls.create(f"/triggers/{trigger_id}/rotate", key=key))

    async def fires(
        self, trigger_id: str, *, outcome: Sequence[str] = (), most: int | None = None
    ) -> AsyncIterator[Fire]:
        """The ledger, newest first."""
        async for item in self._calls.each(f"/triggers/{trigger_id}/fires", most, outcome=list(outcome)):
            yield Fire.model_validate(item)

    async def deliveries(
        self, trigger_id: str, *, outcome: Sequence[str] = (), most: int | None = None
    ) -> AsyncIterator[Delivery]:
        """What came in by a webhook, newest first, without headers and bodies."""
        async for item in self._calls.each(f"/triggers/{trigger_id}/deliveries", most, outcome=list(outcome)):
            yield Delivery.model_validate(item)

    async def rejections(self, trigger_id: str) -> list[Rejection]:
        """What a webhook turned away (a wrong signature, an address that may not), the latest first."""
        items = (await self._calls.get(f"/triggers/{trigger_id}/rejections"))["items"]
        return [Rejection.model_validate(item) for item in items]

    async def delivery(self, delivery_id: str) -> Delivery:
        """One of them in full; credentials in its headers were never stored."""
        return Delivery.model_validate((await self._calls.get(f"/deliveries/{delivery_id}"))["delivery"])

    async def replay(self, delivery_id: str, *, key: str = "") -> Replayed:
        """A new execution from what was stored."""
        return Replayed.model_validate(await self._calls.create(f"/deliveries/{delivery_id}/replay", key=key))

    async def breaker(self, trigger_id: str) -> Breaker:
        """Whether it pauses after failures that are alike, and whether it does now."""
        return Breaker.model_validate((await self._calls.get(f"/triggers/{trigger_id}/breaker"))["breaker"])

    async def change_breaker(self, trigger_id: str, **members: Any) -> Breaker:
        """`threshold=3, probeSeconds=60`; `enabled=False` lets a paused trigger go on."""
        return Breaker.model_validate((await self._calls.patch(f"/triggers/{trigger_id}/breaker", members))["breaker"])

    async def resume(self, trigger_id: str) -> Breaker:
        """Lets a paused trigger go on; what it held is released."""
        return Breaker.model_validate((await self._calls.post(f"/triggers/{trigger_id}/resume"))["breaker"])
